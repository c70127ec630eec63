import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric, Temporality } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { exponentialPoint, resource } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { unitPoint } from '../support/unit-points.js';

/** Whatever comes: values that fall, restarts, old processes, streams without a start, points out of order and twice. */

const FROM = 1_800_000_000; // a multiple of 600: blocks begin here
const WINDOW = { from: FROM, to: FROM + 3000 };
const LOOK_BACK = 3600;
const CUT = { edgeIndex: -8, calibratedUntil: 0, changes: [FROM + 700] };
const RUNS = { numRuns: 12, seed: 23 };

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

interface Point {
  /** Which stream, with its variant and temporality. */
  readonly stream: number;
  readonly start: number;
  readonly time: number;
  /** A third of its requests. */
  readonly slow: number;
}

/** The first two are of one process, so that the start of one tells about the other. */
const STREAMS = [
  { variant: 'on', errorType: '500', temporality: 2, instance: 'i1' },
  { variant: 'on', temporality: 2, instance: 'i1' },
  { variant: 'off', temporality: 2, instance: 'i2' },
  { variant: 'off', temporality: 1, instance: 'i2', errorType: '503' },
] as const;

const points: fc.Arbitrary<Point[]> = fc.uniqueArray(
  fc.record({
    stream: fc.nat(STREAMS.length - 1),
    start: fc.constantFrom(0, FROM - 90_000, FROM - 2000, FROM + 300),
    time: fc.integer({ min: -450, max: 320 }).map((tens) => FROM + tens * 10),
    // One number, as what a stream held goes one way whatever its clock does; it may fall for a clock that was set back.
    slow: fc.nat(9),
  }),
  { minLength: 20, maxLength: 60, selector: ({ stream, start, time }) => `${stream} ${start} ${time}` },
);

interface Addition {
  readonly variant: string;
  readonly time: number;
  readonly requests: number;
  readonly slow: number;
}

/** What each point of the window added, looked at one by one. */
function scanned(drawn: readonly Point[]): Addition[] {
  const seen = drawn.filter(({ time }) => time > FROM - LOOK_BACK && time <= WINDOW.to);
  const additions: Addition[] = [];
  const lives = Map.groupBy(seen, ({ stream, start }) => `${stream} ${start}`);
  for (const life of lives.values()) {
    const held = { requests: 0, slow: 0 };
    life.sort((a, b) => a.time - b.time);
    for (const [i, point] of life.entries()) {
      const { variant, temporality } = STREAMS[point.stream] ?? STREAMS[0];
      const now = { requests: 3 * point.slow, slow: point.slow };
      const isOld = i === 0 && point.start < FROM - LOOK_BACK;
      const isNew =
        isOld && point.start > 0 && seen.some((o) => o.start === point.start && o.time < point.time);
      const isRestart = point.start === 0 && now.requests < held.requests;
      if (temporality === 1 || isRestart) Object.assign(held, { requests: 0, slow: 0 });
      else if (isOld && !isNew) Object.assign(held, now);
      const requests = Math.max(0, now.requests - held.requests);
      const slow = Math.max(0, now.slow - held.slow);
      if (point.start === 0) Object.assign(held, now);
      else Object.assign(held, { requests: held.requests + requests, slow: held.slow + slow });
      if (point.time > FROM) additions.push({ variant, time: point.time, requests, slow });
    }
  }
  return additions;
}

function summed(
  additions: readonly Addition[],
  keyOf: (addition: Addition) => string,
  measure: 'requests' | 'slow' = 'requests',
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const addition of additions) {
    if (addition[measure] > 0) sums[keyOf(addition)] = (sums[keyOf(addition)] ?? 0) + addition[measure];
  }
  return sums;
}

const blockOf = (time: number): number => FROM + Math.floor((time - FROM - 1e-3) / 600) * 600;
const cutBlockOf = (time: number): number =>
  time > FROM + 700 ? Math.max(FROM + 700, blockOf(time)) : blockOf(time);

/** In the order drawn, and some again. */
async function put(drawn: readonly Point[], metric: (point: Point) => Metric): Promise<void> {
  for (const batch of [drawn.slice(5), drawn.slice(0, 10)]) {
    if (batch.length > 0) expect(await store().sink.metrics(batch.map(metric))).toBeUndefined();
  }
}

const resourceOf = (instance: string) => resource({ 'service.instance.id': instance });

describe('any points: each question gives what a scan of them one by one gives', () => {
  test('requests', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(points, async (drawn) => {
        const flag = freshFlag();
        await put(drawn, ({ stream, slow, ...reading }) => {
          const { instance, temporality, ...of } = STREAMS[stream] ?? STREAMS[0];
          const buckets = new Map([
            [-20, 2 * slow],
            [-4, slow],
          ]);
          return exponentialPoint(
            { flag, ...of, resource: resourceOf(instance) },
            { ...reading, scale: 2, buckets },
            temporality,
          );
        });
        const expected = scanned(drawn);
        const [flags] = await source.flags(WINDOW, { flag });
        const totals = flags?.variants.map(({ variant, assigned }) => [variant, assigned]) ?? [];
        expect(Object.fromEntries(totals.filter(([, n]) => n !== 0))).toEqual(
          summed(expected, ({ variant }) => variant),
        );
        const timeline = await source.timeline({ flag }, WINDOW);
        const places = timeline.map(({ block, variant, requests }) => [`${block} ${variant}`, requests]);
        const inBlock = ({ time, variant }: Addition): string => `${blockOf(time)} ${variant}`;
        expect(Object.fromEntries(places)).toEqual(summed(expected, inBlock));
        for (const { block, variant, firstSeen } of timeline) {
          const own = expected.filter((a) => a.requests > 0 && inBlock(a) === `${block} ${variant}`);
          expect(firstSeen).toBe(Math.min(...own.map(({ time }) => time)));
        }
        const reports = await source.reports({ flag }, 'on', WINDOW, 1);
        expect(Object.fromEntries(reports.map(({ time, requests }) => [time, requests]))).toEqual(
          summed(
            expected.filter(({ variant }) => variant === 'on'),
            ({ time }) => `${time}`,
          ),
        );
        const counts = await source.counts({ flag }, WINDOW, CUT);
        const inCut = ({ time, variant }: Addition): string => `${cutBlockOf(time)} ${variant}`;
        for (const measure of ['requests', 'slow'] as const) {
          const found = counts.map((count) => [`${count.block} ${count.variant}`, count[measure]]);
          expect(Object.fromEntries(found.filter(([, n]) => n !== 0))).toEqual(
            summed(expected, inCut, measure),
          );
        }
      }),
      RUNS,
    );
  });

  test('units', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(points, async (drawn) => {
        const flag = freshFlag();
        await put(drawn, ({ stream, start, time, slow }) => {
          const { instance, temporality, variant } = STREAMS[stream] ?? STREAMS[0];
          return unitPoint(
            { flag, counter: 'operations', variant, bucket: stream, resource: resourceOf(instance) },
            { start, time, value: 3 * slow },
            temporality as Temporality,
          );
        });
        const expected = summed(scanned(drawn), ({ time, variant }) => `${cutBlockOf(time)} ${variant}`);
        const found: Record<string, number> = {};
        for (const { block, variant, operations } of await source.unitCounts({ flag }, WINDOW, CUT)) {
          if (operations > 0) found[`${block} ${variant}`] = (found[`${block} ${variant}`] ?? 0) + operations;
        }
        expect(found).toEqual(expected);
      }),
      RUNS,
    );
  });
});
