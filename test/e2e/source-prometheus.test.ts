import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/server/comparison.js';
import { fresh } from '../support/app-fresh.js';
import { telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { startPrometheus } from '../support/prometheus.js';
import { compareBoth, expectSameVariants, exportTo, visit } from '../support/source-traffic.js';
import { needsTool } from '../support/tools.js';

const { CUMULATIVE, DELTA } = AggregationTemporality;

const DELTAS = '--enable-feature=otlp-deltatocumulative';

describe.each([
  { writes: 'native histograms', temporality: CUMULATIVE, exponential: true, otlp: '{}', flags: [] },
  { writes: 'what it makes of deltas', temporality: DELTA, exponential: true, otlp: '{}', flags: [DELTAS] },
  { writes: 'classic histograms', temporality: CUMULATIVE, exponential: false, otlp: '{}', flags: [] },
  {
    writes: "OpenTelemetry's own names",
    temporality: CUMULATIVE,
    exponential: true,
    otlp: '{translation_strategy: NoTranslation}',
    flags: [],
  },
  {
    writes: 'explicit buckets as native histograms, attributes of the resource on every series',
    temporality: CUMULATIVE,
    exponential: false,
    otlp: '{convert_histograms_to_nhcb: true, promote_all_resource_attributes: true}',
    flags: [],
  },
])('Prometheus with $writes', needsTool('prometheus'), ({ temporality, exponential, otlp, flags }) => {
  test('gives the verdict that our own store gives of the same traffic', { timeout: 90_000 }, async () => {
    const dataDir = temporaryFolder();
    const backend = await telltaleUp(join(dataDir, 'store'));
    await using prometheus = await startPrometheus(`otlp: ${otlp}`, flags);
    const urls = [`${prometheus.url}/api/v1/otlp/v1/metrics`, `${backend.otlpUrl}/v1/metrics`];
    const meters = exportTo(urls, temporality, exponential);
    const app = await fresh({ slowThresholdMs: 60_000 });
    // What the very first report of all holds, Prometheus cannot date.
    app.operation.serve({ key: 'warm-up', variant: 'off', targetingKey: 'nobody' });
    await meters.forceFlush();
    for (let round = 0; round < 3; round += 1) {
      // No exporter reports twice within a second, and samples are told apart to the second.
      await wait(1001);
      visit(app, 400, round * 400);
      await meters.forceFlush();
    }

    // Each delta has a scale of its own. Prometheus and we merge them each in our own order, at scales that may differ: percentiles
    // agree to a bucket's width, and a threshold that is found by one may be the next edge.
    const isDelta = temporality === DELTA;
    const fixed = ['--slow', '60s', '--service', 'shop', '--env', 'prod'];
    for (const options of isDelta ? [fixed] : [[], fixed]) {
      const [own, other] = await compareBoth(backend, `prometheus+${prometheus.url}`, options);
      expect(own?.variants).toMatchObject([
        { variant: 'off', requests: expect.any(Number), excluded: { aborted: 3 } },
        { variant: 'on', requests: 300, errors: 60, excluded: { override: 3 } },
      ]);
      expect(own?.comparisons).toMatchObject([{ treatment: 'on', verdict: 'roll-back' }]);
      expectSameVariants(other, own, isDelta ? 0.1 : 0);
      // Of deltas our own store knows a part of the units: so many there were at least.
      for (const [i, { units }] of (other?.variants ?? []).entries()) {
        expect(own?.variants[i]?.units).toBeLessThanOrEqual(units ?? 0);
        expect(own?.variants[i]?.units).toBeGreaterThan(0);
      }
      expect(other?.slowThreshold).toEqual(own?.slowThreshold);
      expect(other?.evidence).toEqual(own?.evidence);
      // Delta points do not tell how many units there were, what Prometheus makes of them does: only how safe it is differs.
      const judged = (comparison: Comparison | undefined) =>
        comparison?.comparisons.map(({ explanation: _, errors, slow, ...rest }) => ({
          ...rest,
          errors: { ...errors, ...(isDelta ? { logESafe: 0 } : {}) },
          slow: { ...slow, ...(isDelta ? { logESafe: 0 } : {}) },
        }));
      expect(judged(other)).toEqual(judged(own));
    }

    await meters.shutdown();
    await backend.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
