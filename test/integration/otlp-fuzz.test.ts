import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logRequests, metricRequests, traceRequests } from '../support/otlp-arbitraries.js';
import { statusOf } from '../support/otlp-client.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { logForm, metricForm, spanForm, traceForm } from '../support/otlp-forms.js';
import { LOG_RECORDS, METRICS, SPANS, spoil } from '../support/otlp-spoiled.js';
import { rejected, SIGNALS, type StoringReceiver, storingReceiver } from '../support/otlp-stored.js';
import { temporaryStore } from '../support/temporary-store.js';

/** Requests of a property: few enough for every change here, as many as one likes by TELLTALE_FUZZ_RUNS. */
const RUNS = Number(process.env['TELLTALE_FUZZ_RUNS'] ?? 60);
/** The same requests each time, unless TELLTALE_FUZZ_SEED asks for others. */
const SEED = Number(process.env['TELLTALE_FUZZ_SEED'] ?? 20_261_125);
const LENGTH = { numRuns: RUNS, seed: SEED };
const TIMEOUT = 60_000 + RUNS * 500;

const store = temporaryStore();
let receiver: StoringReceiver;
beforeAll(async () => {
  receiver = await storingReceiver(store());
});
afterAll(() => receiver.close());

const CASES = [
  { signal: SIGNALS.traces, requests: traceRequests, candidate: SPANS, name: 'name', wrap: traceForm },
  { signal: SIGNALS.logs, requests: logRequests, candidate: LOG_RECORDS, name: 'eventName', wrap: logForm },
  { signal: SIGNALS.metrics, requests: metricRequests, candidate: METRICS, name: 'name', wrap: metricForm },
].flatMap((one) =>
  (['protobuf', 'json'] as const).map((encoding) => ({
    ...one,
    path: one.signal.path,
    encoding,
    encode: (form: JsonForm): Buffer =>
      encoding === 'json' ? Buffer.from(JSON.stringify(form)) : encodeMessage(one.signal.request, form),
  })),
);

describe.each(CASES)('$path as $encoding, into a real store', ({ signal, encoding, encode, ...of }) => {
  it('keeps the good records beside bad ones, and counts the bad', { timeout: TIMEOUT }, async () => {
    let run = 0;
    let refused = 0;
    const records = fc.array(of.candidate, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(records, async (candidates) => {
        run += 1;
        const named = candidates.map((one, i) => ({ ...one, name: `${encoding}-${run}-${i}` }));
        const good = named.filter(({ bad }) => !bad).map(({ name }) => name);
        const body = encode(of.wrap(...named.map(({ record, name }) => ({ ...record, [of.name]: name }))));
        const reply = await receiver.send(signal, encoding, body);
        const bad = named.length - good.length;
        expect([reply.status, rejected(reply, signal)]).toEqual([200, bad]);
        expect(receiver.answered.at(-1)).toMatchObject({
          status: 200,
          delivery: { accepted: good.length, invalid: bad },
        });
        expect(await receiver.names(signal, `${encoding}-${run}-`)).toEqual(good);
        refused += bad;
      }),
      LENGTH,
    );
    expect(refused).toBeGreaterThan(RUNS / 2);
    expect(receiver.errors).toEqual([]);
  });

  it('stores what it counts of a damaged body, and nothing of one that it refuses', {
    timeout: TIMEOUT,
  }, async () => {
    const statuses = new Set<number>();
    const damage = fc.tuple(fc.nat(), fc.constantFrom('cut', 'flip', 'insert', 'repeat'), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        of.requests,
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (form, damages) => {
          const before = await receiver.rows(signal);
          const reply = await receiver.send(signal, encoding, damages.reduce(damaged, encode(form)));
          statuses.add(reply.status);
          expect([200, 400]).toContain(reply.status);
          const { delivery } = receiver.answered.at(-1) ?? {};
          expect((await receiver.rows(signal)) - before).toBe(delivery?.accepted ?? 0);
          if (reply.status === 400) expect(delivery).toBeNull();
        },
      ),
      LENGTH,
    );
    expect([...statuses].sort()).toEqual([200, 400]);
    expect(receiver.errors).toEqual([]);
  });
});

describe.each(CASES.filter(({ encoding }) => encoding === 'json'))('$path', ({ signal, requests }) => {
  it('stores, refuses or counts every record of a request with an odd field', {
    timeout: TIMEOUT,
  }, async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), fc.nat(), async (form, where, what) => {
        const odd = spoil(form, where, what);
        const before = await receiver.rows(signal);
        const reply = await receiver.send(signal, 'json', JSON.stringify(odd));
        statuses.add(reply.status);
        const stored = (await receiver.rows(signal)) - before;
        if (reply.status === 200) expect(stored + rejected(reply, signal)).toBe(signal.records(odd));
        else expect([reply.status, stored]).toEqual([400, 0]);
      }),
      LENGTH,
    );
    expect([...statuses].sort()).toEqual([200, 400]);
    expect(receiver.errors).toEqual([]);
  });
});

describe('a record from another age', () => {
  const named = (name: string, fields: JsonForm): JsonForm => spanForm({ name, ...fields });
  const present = { startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now()}000001` };

  it.each([
    ['no time', '0'],
    ['1970', '1'],
    ['1677, as a signed number of 64 bits', String(2n ** 63n)],
    ['the year 2262', String(2n ** 63n - 1n)],
    ['the last nanosecond before 1970, as a signed number', String(2n ** 64n - 1n)],
    ['year 1, cut to 64 bits', String(BigInt.asUintN(64, -62_135_596_800_000_000_000n))],
    ['year 9999, cut to 64 bits', String(BigInt.asUintN(64, 253_402_300_799_000_000_000n))],
  ])('%s: is stored or counted, and does not take its neighbour with it', async (when, nanos) => {
    const times = { startTimeUnixNano: nanos, endTimeUnixNano: nanos };
    for (const encoding of ['protobuf', 'json'] as const) {
      const prefix = `${encoding} ${when}`;
      const form = traceForm(named(`${prefix} old`, times), named(`${prefix} present`, present));
      const body = encoding === 'json' ? JSON.stringify(form) : encodeMessage(SIGNALS.traces.request, form);
      const reply = await receiver.send(SIGNALS.traces, encoding, body);
      const stored = await receiver.names(SIGNALS.traces, prefix);
      expect([reply.status, stored.length + rejected(reply, SIGNALS.traces)]).toEqual([200, 2]);
      expect(stored).toContain(`${prefix} present`);
    }
    expect(receiver.errors).toEqual([]);
  });

  it.each([
    ['year 1', '-62135596800000000000'],
    ['year 9999', '253402300799000000000'],
  ])('%s, which no 64 bits can hold, is a malformed request', async (when, nanos) => {
    const form = traceForm(named(when, { startTimeUnixNano: nanos }));
    const reply = await receiver.send(SIGNALS.traces, 'json', JSON.stringify(form));
    expect([reply.status, statusOf(reply).message]).toEqual([
      400,
      expect.stringContaining('startTimeUnixNano to be an unsigned 64-bit integer'),
    ]);
    expect(await receiver.names(SIGNALS.traces, when)).toEqual([]);
  });
});

/** One kind of damage, somewhere in the body. */
function damaged(body: Buffer, [where, how, byte]: [number, string, number]): Buffer {
  const at = where % (body.length + 1);
  switch (how) {
    case 'cut':
      return body.subarray(0, at);
    case 'flip':
      return Buffer.concat([body.subarray(0, at), Buffer.from([byte]), body.subarray(at + 1)]);
    case 'insert':
      return Buffer.concat([body.subarray(0, at), Buffer.from([byte, byte]), body.subarray(at)]);
    default:
      return Buffer.concat([body, body.subarray(at)]);
  }
}
