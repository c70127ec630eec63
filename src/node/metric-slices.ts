import type { MetricData, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { slices } from './slices.js';

/** One point with what it belongs to. */
interface Placed {
  readonly scope: ScopeMetrics['scope'];
  readonly metric: MetricData;
  readonly point: MetricData['dataPoints'][number];
}

/** Cuts collected metrics between points; each piece has the resource, and what its points belong to. */
export function sliceMetrics(batch: ResourceMetrics, pieces: number): ResourceMetrics[] {
  const points = batch.scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.flatMap((metric) => metric.dataPoints.map((point): Placed => ({ scope, metric, point }))),
  );
  return slices(points, pieces).map((slice) => ({ resource: batch.resource, scopeMetrics: gather(slice) }));
}

function gather(points: readonly Placed[]): ScopeMetrics[] {
  return [...Map.groupBy(points, ({ scope }) => scope)].map(([scope, inScope]) => ({
    scope,
    // The points are those of this metric, which the union of its kinds does not tell.
    metrics: [...Map.groupBy(inScope, ({ metric }) => metric)].map(
      ([metric, ofMetric]) => ({ ...metric, dataPoints: ofMetric.map(({ point }) => point) }) as MetricData,
    ),
  }));
}
