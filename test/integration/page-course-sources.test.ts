import { describe, expect, test } from 'vitest';
import { compareFlag } from '../../src/server/comparison.js';
import { courseDocument } from '../../src/server/page/course.js';
import type { CourseDocument } from '../../src/server/page/documents.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createDatadogSource } from '../../src/sources/datadog.js';
import { datadogHeaders } from '../../src/sources/datadog-client.js';
import { openSource } from '../../src/sources/location.js';
import type { Source } from '../../src/sources/source.js';
import { type StandInOperation, startDatadogStandIn } from '../support/datadog-stand-in.js';
import { metricsRequest, type SentMetric } from '../support/otlp-request.js';
import { exponentialPoint } from '../support/points.js';
import { startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';
import { unitPoint } from '../support/unit-points.js';

/** The beginning of a block, so that all that follows lies in the past and within Prometheus' newest two hours. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const NOW = T0 + 2700;

async function courseOf(
  source: Source,
  flag: string,
  options: Record<string, string>,
): Promise<CourseDocument> {
  const parts = { source, changes: undefined };
  const of = await courseDocument(parts, flag, new URLSearchParams(options), NOW);
  const end = await compareFlag(source, flag, readComparisonParameters(Object.entries(options), NOW), NOW);
  const [course, comparison] = [of.comparisons[0], end.comparisons[0]];
  expect(course?.verdict.at(-1)).toBe(comparison?.verdict);
  for (const guardrail of ['errors', 'slow'] as const) {
    expect(comparison?.[guardrail]).toMatchObject({ ...course?.[guardrail].at(-1) });
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);
  expect(
    of.variants.map(({ variant, requests, errors }) => [variant, total(requests), total(errors)]),
  ).toEqual(end.variants.map(({ variant, requests, errors }) => [variant, requests, errors]));
  expect(of.cannot).toBe(
    'This store is asked for counts of 10 minutes at least, and for no percentiles over time.',
  );
  return of;
}

const every600 = (of: CourseDocument): number[] => of.moments.map((moment) => Date.parse(moment) / 1000 - T0);

describe('the course of a comparison from Prometheus', needsTool('prometheus'), () => {
  /** Cumulative since `T0`, by a minute; the treatment fails from 1,200 s on. */
  function minute(at: number): SentMetric[] {
    const bad = Math.max(0, at - 1200) / 30;
    const reading = { start: T0, time: T0 + at, scale: 2 };
    const duration = (variant: string, n: number, errorType?: string): SentMetric =>
      exponentialPoint(
        { flag: 'flag', variant, ...(errorType === undefined ? {} : { errorType }) },
        { ...reading, buckets: new Map([[-21, n], ...(n > 500 ? [[-8, n / 20] as const] : [])]) },
        2,
      );
    const units = ['off', 'on'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        (['operations', 'errors', 'exposed'] as const).map((counter) => {
          const value = {
            operations: at / 60,
            errors: variant === 'on' ? Math.floor(bad / 20) : 0,
            exposed: at / 120,
          };
          const place = { counter, flag: 'flag', variant, bucket };
          return unitPoint(place, { start: T0, time: T0 + at, value: Math.floor(value[counter]) });
        }),
      ).flat(),
    );
    const requests = [duration('off', at * 9), duration('on', at), duration('on', Math.ceil(bad) + 1, '500')];
    return [...requests, ...units];
  }

  test('ends as the comparison, in steps of ten minutes, by requests and by units', async () => {
    await using prometheus = await startPrometheus('storage: {tsdb: {out_of_order_time_window: 2h}}');
    const older = exponentialPoint(
      { flag: 'older', variant: 'off' },
      { start: T0 - 900, time: T0 - 900, scale: 2, buckets: new Map([[-21, 1]]) },
      2,
    );
    const metrics = [older, ...Array.from({ length: 45 }, (_, i) => minute(60 * (i + 1))).flat()];
    const { status } = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(metricsRequest(metrics)),
    });
    expect(status).toBe(200);
    const source = openSource(`prometheus+${prometheus.url}`, {});
    const of = await courseOf(source, 'flag', { slow: '250ms' });
    expect(every600(of)).toEqual([600, 1200, 1800, 2400, 2700]);
    expect(of.variants[1]?.errors.slice(0, 2)).toEqual([1, 0]);
    await courseOf(source, 'flag', {});
    const byRequests = await courseOf(source, 'flag', { slow: '250ms', route: '/checkout' });
    expect(byRequests.comparisons[0]?.verdict).toEqual([
      'hold',
      'hold',
      'roll-back',
      'roll-back',
      'roll-back',
    ]);
  });
});

describe('the course of a comparison from Datadog (a stand-in)', () => {
  const operation = (i: number): StandInOperation => {
    const on = i % 4 === 0;
    const failed = i % (on && i > 400 ? 8 : 97) === 0;
    return {
      time: T0 + 3 * i,
      seconds: 0.01 * (1 + (i % 30)),
      tags: {
        'feature_flag.key': 'new-checkout',
        'feature_flag.result.variant': on ? 'on' : 'off',
        'telltale.assignment': 'assigned',
        ...{ service: 'shop', version: '1.2', env: 'prod' },
        ...(failed ? { 'error.type': '500' } : {}),
      },
    };
  };

  test.each([{ slow: '250ms' }, {}])(
    'ends as the comparison, in steps of ten minutes: %j',
    async (options) => {
      await using datadog = await startDatadogStandIn(Array.from({ length: 897 }, (_, i) => operation(i)));
      const headers = datadogHeaders('api', 'app');
      const source = createDatadogSource({ name: 'Datadog', url: datadog.url, headers, credentials: '' });
      const of = await courseOf(source, 'new-checkout', options);
      expect(every600(of)).toEqual([600, 1200, 1800, 2400, 2700]);
      expect(of.variants[1]?.requests).toEqual([50, 50, 50, 50, 25]);
      expect(of.comparisons[0]?.verdict[1]).toBe('hold');
    },
  );
});
