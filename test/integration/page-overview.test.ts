import { expect, onTestFinished, test, vi } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { createApi } from '../../src/server/api.js';
import { listen } from '../../src/server/listener.js';
import { type BoardsOptions, createBoards } from '../../src/server/page/boards.js';
import type { OverviewDocument, OverviewFlag } from '../../src/server/page/documents.js';
import { createPulse } from '../../src/server/page/pulse.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { historyOf } from '../support/changes.js';
import { exponentialPoint, resource, type Stream } from '../support/points.js';
import { temporaryStore } from '../support/temporary-store.js';
import { unitPoint } from '../support/unit-points.js';

const store = temporaryStore();

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const FAST = -21;

/** Each test has its own day, so that one store serves them all. */
let days = 0;
function freshDay(): number {
  days += 1;
  return T0 + days * 30 * 86_400;
}

/** A delta point of requests, none of them slow, reported at this time. */
function requests(stream: Stream, time: number, count: number): Metric {
  return exponentialPoint(stream, { start: time - 1, time, scale: 2, buckets: new Map([[FAST, count]]) }, 1);
}

/** One request in ten with the treatment, and of those so many failed. */
function release(flag: string, time: number, failed: number, of = resource()): Metric[] {
  const stream = { flag, resource: of };
  return [
    requests({ ...stream, variant: 'off' }, time, 9000),
    requests({ ...stream, variant: 'on' }, time, 1000 - failed),
    ...(failed > 0 ? [requests({ ...stream, variant: 'on', errorType: '500' }, time, failed)] : []),
  ];
}

/** Boards on the store at this moment, behind a real API; a part of the source may be another. */
async function served(at: number, over: Partial<BoardsOptions> & { with?: Partial<Source> } = {}) {
  const pulse = createPulse();
  const source = { ...createClickHouseSource(store().query), ...over.with };
  const asked = { flags: 0, comparisons: 0 };
  const counting: Source = {
    ...source,
    flags: (window, filter) => {
      // A comparison asks for its own flag.
      if (filter.flag === undefined) asked.flags += 1;
      else asked.comparisons += 1;
      return source.flags(window, filter);
    },
  };
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const boards = createBoards({
    ...{ source: counting, changes: historyOf(store()), parametersOf: () => ({ slow: '1s' }) },
    ...{ pulse, now: () => at, onError, onCompared: () => undefined, ...over },
  });
  const handler = createApi({ routes: [boards.route], check: () => undefined, onError });
  const listener = await listen(handler, { host: '127.0.0.1', port: 0, option: '--port' });
  onTestFinished(async () => {
    await boards.stop();
    await listener.close();
  });
  const ask = (query: Record<string, string> = {}): Promise<Response> =>
    fetch(`${listener.url}/api/v1/overview?${new URLSearchParams(query)}`);
  const overview = async (query: Record<string, string> = {}): Promise<OverviewDocument> => {
    const answer = await ask(query);
    expect(answer.status).toBe(200);
    return (await answer.json()) as OverviewDocument;
  };
  /** When all flags are compared. */
  const settled = (query: Record<string, string> = {}): Promise<OverviewDocument> =>
    vi.waitFor(
      async () => {
        const document = await overview(query);
        expect(document.pending).toBe(0);
        return document;
      },
      { timeout: 20_000, interval: 20 },
    );
  return { ask, overview, settled, pulse, asked, errors, boards };
}

const find = ({ flags }: OverviewDocument, name: string): OverviewFlag | undefined =>
  flags.find(({ flag }) => flag === name);

test('traffic at once, then verdicts, shares and units; alerts first, however little traffic they have', async () => {
  const at = freshDay();
  const where = resource({ 'deployment.environment.name': 'prod', 'service.name': 'web' });
  await store().sink.metrics([
    ...release('harmless', at - 100, 0),
    ...release('harmless', at - 90, 0),
    ...release('harmful', at - 100, 5, where),
    requests({ flag: 'alone', variant: 'on' }, at - 100, 50_000),
    requests({ flag: 'nameless', variant: 'blue' }, at - 100, 10),
    requests({ flag: 'nameless', variant: 'green' }, at - 50, 10),
    requests({ flag: 'harmful', variant: 'on', assignment: 'override', resource: where }, at - 100, 500),
    ...['off', 'on'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint(
          { counter: 'operations', flag: 'harmless', variant, bucket },
          { start: at - 500, time: at - 95, value: variant === 'on' ? 50 : 450 },
        ),
      ),
    ),
    ...['off', 'on'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint(
          { counter: 'exposed', flag: 'harmless', variant, bucket },
          { start: at - 500, time: at - 95, value: variant === 'on' ? 10 : 30 },
        ),
      ),
    ),
  ]);
  await store().changes([
    {
      ...{ id: 'c1', kind: 'flag', origin: 'api', time: (at - 200).toFixed(6), flag: 'harmful', service: '' },
      ...{ environment: '', version: '', shares: { on: 0.1 }, shares_before: {}, variations: [] },
      ...{ description: 'to a tenth', author: 'Ada' },
    },
  ]);
  const { overview, settled, asked } = await served(at);
  const first = await overview();
  expect(asked.flags).toBe(1);
  expect(first).toMatchObject({ partial: false, pending: 3, alpha: 0.05, cannot: [] });
  expect(first.order).toEqual(['alone', 'harmless', 'harmful', 'nameless']);
  expect(find(first, 'harmful')).toMatchObject({
    ...{ comparisons: null, why: null, comparedAt: null, logEAdjusted: null, alert: false },
    lastChange: { id: 'c1', description: 'to a tenth', author: 'Ada' },
    variants: [
      { variant: 'off', isControl: true, requests: 9000, units: null },
      { variant: 'on', isControl: false, requests: 1500, share: 1500 / 10_500, units: null },
    ],
  });

  const all = await settled();
  expect(all.order).toEqual(['harmful', 'alone', 'harmless', 'nameless']);
  expect([all.services, all.environments]).toEqual([['shop', 'web'], ['prod']]);
  expect(find(all, 'harmful')).toMatchObject({
    ...{ alert: true, comparedAt: new Date(at * 1000).toISOString(), why: null },
    variants: [
      { variant: 'off', isControl: true, requests: 9000 },
      { variant: 'on', requests: 1500, share: 1500 / 10_500, units: null, unitShare: null },
    ],
    comparisons: [
      {
        ...{ treatment: 'on', verdict: 'roll-back', reasons: [], requestsNeeded: null },
        summary: 'control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.',
        errors: { ratio: null, high: null },
        slow: { threshold: 1 },
      },
    ],
    evidence: [{ service: 'web', kind: 'operation-duration', samplingRate: 1 }],
    lastChange: { id: 'c1' },
  });
  // Of three treatments that are looked at, the mean with the e-value of slow requests.
  const logE = find(all, 'harmful')?.logEAdjusted ?? 0;
  expect(logE).toBeGreaterThan(7.627 - Math.log(2) - Math.log(3));
  expect(logE).toBeLessThan(7.628 - Math.log(2) - Math.log(3) + 0.1);
  expect(find(all, 'harmless')).toMatchObject({
    ...{ alert: false, logEAdjusted: 0, lastChange: null },
    variants: [
      { variant: 'off', requests: 18_000, share: 0.9, units: 480, unitShare: 0.75 },
      { variant: 'on', requests: 2000, share: 0.1, units: 160, unitShare: 0.25 },
    ],
  });
  expect(find(all, 'alone')).toMatchObject({
    ...{ comparisons: null, logEAdjusted: null },
    why: 'Only on was assigned by the release: there is nothing to compare.',
  });
  expect(find(all, 'nameless')).toMatchObject({
    ...{ comparisons: null, logEAdjusted: null },
    why: expect.stringContaining('Which variant is the control? None of blue, green'),
  });
});
