import { afterAll, beforeAll, expect, it } from 'vitest';
import { statusOf } from '../support/otlp-client.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';
import { rejected, SIGNALS, type StoringReceiver, storingReceiver } from '../support/otlp-stored.js';
import { temporaryStore } from '../support/temporary-store.js';

const { traces } = SIGNALS;
const DAY_SECONDS = 86_400;

/** With the limits that `telltale up` sets: what the retention would remove at once must not be acknowledged. */
const store = temporaryStore({ retentionSeconds: 14 * DAY_SECONDS, now: Date.now });
let receiver: StoringReceiver;
beforeAll(async () => {
  receiver = await storingReceiver(store());
});
afterAll(() => receiver.close());

const spanAt = (name: string, nanos: string) =>
  spanForm({ name, startTimeUnixNano: nanos, endTimeUnixNano: nanos });
const present = (name: string) => spanAt(name, `${Date.now()}000000`);
const daysAgo = (days: number): string => `${Date.now() - days * DAY_SECONDS * 1000}000000`;

it.each([
  ['no time', '0'],
  ['1970', '1'],
  ['two weeks and a day ago', daysAgo(15)],
  ['tomorrow', daysAgo(-1)],
  ['the year 2262', String(2n ** 63n - 1n)],
  ['1677, as a signed number of 64 bits', String(2n ** 63n)],
  ['the last nanosecond before 1970, as a signed number', String(2n ** 64n - 1n)],
  ['year 1, cut to 64 bits', String(BigInt.asUintN(64, -62_135_596_800_000_000_000n))],
  ['year 9999, cut to 64 bits', String(BigInt.asUintN(64, 253_402_300_799_000_000_000n))],
])('a span of %s is refused and counted, and its neighbour is stored', async (when, nanos) => {
  for (const encoding of ['protobuf', 'json'] as const) {
    const [odd, neighbour] = [`${encoding} ${when}`, `${encoding} ${when}, neighbour`];
    const form = traceForm(spanAt(odd, nanos), present(neighbour));
    const body = encoding === 'json' ? JSON.stringify(form) : encodeMessage(traces.request, form);
    const reply = await receiver.send(traces, encoding, body);
    expect([reply.status, rejected(reply, traces)]).toEqual([200, 1]);
    expect(receiver.answered.at(-1)?.delivery).toMatchObject({ accepted: 1, invalid: 0, notStored: 1 });
    expect(await receiver.names(traces, odd)).toEqual([neighbour]);
  }
  expect(receiver.errors).toEqual([]);
});

it('a span of 13 days ago, and one of half an hour ahead, are stored', async () => {
  const form = traceForm(spanAt('old', daysAgo(13)), spanAt('odd clock', daysAgo(-1 / 48)));
  const reply = await receiver.send(traces, 'json', JSON.stringify(form));
  expect([reply.status, rejected(reply, traces)]).toEqual([200, 0]);
  expect(await receiver.names(traces, 'o')).toEqual(['odd clock', 'old']);
});

it.each([
  ['year 1', '-62135596800000000000'],
  ['year 9999', '253402300799000000000'],
])('%s, which no 64 bits can hold, makes a malformed request', async (when, nanos) => {
  const reply = await receiver.send(traces, 'json', JSON.stringify(traceForm(spanAt(when, nanos))));
  expect([reply.status, statusOf(reply).message]).toEqual([
    400,
    expect.stringContaining('startTimeUnixNano to be an unsigned 64-bit integer'),
  ]);
  expect(await receiver.names(traces, when)).toEqual([]);
});
