import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { evaluationRecord } from '../support/unit-points.js';

const T0 = 1_800_000_000;
const BOUNDS = [T0, T0 + 4, T0 + 7];

const store = temporaryStore();

interface Seen {
  readonly unit: string | undefined;
  readonly variant: string;
  readonly version: string;
  /** Milliseconds from T0; each once, for of records of one moment none is the first. */
  readonly at: number;
}

const seen: fc.Arbitrary<Seen[]> = fc.uniqueArray(
  fc.record({
    unit: fc.constantFrom('ada', 'bob', 'cy', 'dee', 'eve', 'flo', undefined),
    variant: fc.constantFrom('on', 'off'),
    version: fc.constantFrom('1', '2'),
    at: fc.integer({ min: -6_000, max: 10_000 }),
  }),
  { maxLength: 30, selector: ({ at }) => at },
);

/** One by one. */
function scan(records: readonly Seen[]): string[] {
  const sorted = records.toSorted((a, b) => a.at - b.at);
  const treated = sorted.find(({ variant, at }) => variant === 'on' && at <= 0)?.at ?? 1;
  const known = new Set<string>();
  const counts = new Map<string, number>();
  for (const { unit, variant, version, at } of sorted) {
    if (unit === undefined || known.has(unit) || (at <= 0 && at < treated)) continue;
    known.add(unit);
    if (at <= 0) continue;
    const stretch = BOUNDS.filter((bound) => (bound - T0) * 1000 <= at).length;
    const place = `${stretch} ${version} ${variant}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, units]) => `${place} ${units}`).sort();
}

test('units by their first evaluation, and operations with a record, are those of a scan', async () => {
  const source = createClickHouseSource(store().query);
  await fc.assert(
    fc.asyncProperty(seen, async (records) => {
      const flag = freshFlag();
      await store().sink.logs(
        records.map(({ unit, variant, version, at }) =>
          evaluationRecord(flag, variant, T0 + at / 1000, {
            ...(unit === undefined ? {} : { unit }),
            attributes: { 'feature_flag.version': version },
          }),
        ),
      );
      const window = { from: T0, to: T0 + 10 };
      const { units, operations } = await source.firstExposures({ flag }, window, ['shop'], BOUNDS, 'off');
      const inside = records.filter(({ at }) => at > 0);
      if (inside.length > 0)
        expect(
          units
            .map(({ stretch, flagVersion, variant, units: n }) => `${stretch} ${flagVersion} ${variant} ${n}`)
            .sort(),
        ).toEqual(scan(records));
      expect(operations.reduce((sum, { operations: n }) => sum + n, 0)).toBe(inside.length);
      expect(operations.reduce((sum, { identified }) => sum + identified, 0)).toBe(
        inside.filter(({ unit }) => unit !== undefined).length,
      );
    }),
    { numRuns: 20 },
  );
});
