import type { Metric, Temporality } from '../../src/otlp/model.js';
import { attributes, resource } from './points.js';
import { type UnitReading, unitPoint } from './unit-points.js';

/** One stream of `feature_flag.evaluations`. */
export interface EvaluationStream {
  readonly flag: string;
  readonly variant?: string;
  readonly reason?: string;
  readonly errorType?: string;
  readonly provider?: string;
  readonly resource?: Readonly<Record<string, string>>;
}

/** One point of `feature_flag.evaluations`. */
export function evaluationPoint(
  stream: EvaluationStream,
  reading: UnitReading,
  temporality: Temporality = 2,
): Metric {
  const { flag, variant, reason = 'split', provider = 'flagd', errorType } = stream;
  const metric = unitPoint({ counter: 'operations', flag, variant: '', bucket: 0 }, reading, temporality);
  const values = attributes({
    'feature_flag.key': flag,
    'feature_flag.result.reason': reason,
    'feature_flag.provider.name': provider,
    ...(variant === undefined ? {} : { 'feature_flag.result.variant': variant }),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  });
  return {
    ...metric,
    name: 'feature_flag.evaluations',
    resource: resource(stream.resource ?? {}),
    points: metric.points.map((point) => ({ ...point, attributes: values })),
  } as Metric;
}
