import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logRequests, metricRequests, traceRequests } from '../support/otlp-arbitraries.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { logForm, metricForm, traceForm } from '../support/otlp-forms.js';
import { LOG_RECORDS, METRICS, SPANS, spoil } from '../support/otlp-spoiled.js';
import { rejected, SIGNALS, type StoringReceiver, storingReceiver } from '../support/otlp-stored.js';
import { temporaryStore } from '../support/temporary-store.js';

/** Requests of a property: few enough for every change here, as many as one likes by TELLTALE_FUZZ_RUNS. */
const RUNS = Number(process.env['TELLTALE_FUZZ_RUNS'] ?? 60);
/** The same requests each time, unless TELLTALE_FUZZ_SEED asks for others. */
const SEED = Number(process.env['TELLTALE_FUZZ_SEED'] ?? 20_261_125);
const LIMIT_MS = 60_000 + RUNS * 2000;
/** A property that is over time has to end: what it still sent would be counted as the next one's. */
const LENGTH = {
  numRuns: RUNS,
  seed: SEED,
  interruptAfterTimeLimit: LIMIT_MS,
  markInterruptAsFailure: true,
};
const TIMEOUT = LIMIT_MS + 30_000;

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

const DAMAGES = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom('cut', 'flip', 'insert', 'repeat'), fc.nat(255)),
  { minLength: 1, maxLength: 3 },
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
    await fc.assert(
      fc.asyncProperty(of.requests, DAMAGES, async (form, damages) => {
        const before = await receiver.rows(signal);
        const reply = await receiver.send(signal, encoding, damages.reduce(damaged, encode(form)));
        statuses.add(reply.status);
        expect([200, 400]).toContain(reply.status);
        const { delivery } = receiver.answered.at(-1) ?? {};
        expect((await receiver.rows(signal)) - before).toBe(delivery?.accepted ?? 0);
        if (reply.status === 400) expect(delivery).toBeNull();
      }),
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

describe.each(CASES.filter(({ encoding }) => encoding === 'protobuf'))('$signal.rpc over gRPC', (of) => {
  it('stores what it counts of a damaged message, and nothing of one that it refuses', {
    timeout: TIMEOUT,
  }, async () => {
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(of.requests, DAMAGES, async (form, damages) => {
        const before = await receiver.rows(of.signal);
        const { code } = await receiver.call(of.signal, damages.reduce(damaged, of.encode(form)));
        codes.add(code);
        const { delivery } = receiver.answered.at(-1) ?? {};
        expect((await receiver.rows(of.signal)) - before).toBe(delivery?.accepted ?? 0);
        expect(delivery === null).toBe(code === 'INVALID_ARGUMENT');
      }),
      LENGTH,
    );
    expect([...codes].sort()).toEqual(['INVALID_ARGUMENT', 'OK']);
    expect(receiver.errors).toEqual([]);
  });
});

it('what is no HTTP/2, or damaged HTTP/2, costs its own connection and no other', {
  timeout: TIMEOUT,
}, async () => {
  const { hostname, port } = new URL(receiver.grpcUrl);
  const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const noise = fc.uint8Array({ minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom([], [PREFACE], [PREFACE, SETTINGS]), noise, async (start, bytes) => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      const closed = once(socket, 'close');
      socket.resume().end(Buffer.concat([...start, bytes]));
      await closed;
      expect((await receiver.call(SIGNALS.traces, Buffer.alloc(0))).code).toBe('OK');
    }),
    LENGTH,
  );
  expect(receiver.errors).toEqual([]);
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
