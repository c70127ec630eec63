import type { Metric } from '../../src/otlp/model.js';
import { attributes } from './points.js';

/** The same points under another name, unit and attributes. */
export function renamed<T extends Metric>(
  metric: T,
  name: string,
  values: Record<string, string>,
  unit = 's',
): T {
  const points = metric.points.map((point) => ({ ...point, attributes: attributes(values) }));
  return { ...metric, name, unit, points };
}

/** Attributes as a collector's `span_metrics` connector 0.159 writes them, in the shapes of its README and source. */
export function spanMetricAttributes(values: Record<string, string> = {}): Record<string, string> {
  return {
    'service.name': 'shop',
    'span.name': 'GET /checkout',
    'span.kind': 'SPAN_KIND_SERVER',
    'status.code': 'STATUS_CODE_UNSET',
    'collector.instance.id': 'c1',
    ...values,
  };
}
