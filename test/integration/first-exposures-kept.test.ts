import { expect, test } from 'vitest';
import { compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { exponentialPoint } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { evaluationRecord } from '../support/unit-points.js';

const DAY = 86_400;
const T0 = 20_834 * DAY; // a midnight, years after the store was made

const store = temporaryStore();

test('who was exposed first is not known of a time whose days may have been dropped', async () => {
  const flag = freshFlag();
  const variants = ['on', 'off'];
  await store().sink.logs(
    variants.flatMap((variant) =>
      Array.from({ length: 50 }, (_, i) =>
        evaluationRecord(flag, variant, T0 + DAY + 300 + i, { unit: `${variant} ${i}` }),
      ),
    ),
  );
  await store().sink.metrics(
    variants.map((variant) =>
      exponentialPoint(
        { flag, variant },
        { start: T0 + DAY + 300, time: T0 + DAY + 360, scale: 2, buckets: new Map([[-21, 50]]) },
        1,
      ),
    ),
  );
  const source = createClickHouseSource(store().query);
  const since = async (from: number) => {
    const asked = { slow: '1s', allocation: 'on=50,off=50', since: new Date(from * 1000).toISOString() };
    const now = T0 + 2 * DAY;
    return compareFlag(source, flag, readComparisonParameters(Object.entries(asked), now), now);
  };
  expect((await since(T0 + DAY)).sampleRatioTest?.by).toBe('unit-ids');
  const { sampleRatioTest, comparisons } = await since(T0 + DAY - 1);
  expect(sampleRatioTest).toBeNull();
  expect(comparisons[0]?.explanation.join(' ')).toMatch(
    /: records of evaluations before 20\d\d-\d\d-\d\dT00:00:00.000Z are not there any more\./,
  );
});
