import type { Attributes, Metric } from './metrics.js';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Words for units, as OpenTelemetry's mapping to Prometheus has them; what is counted gets none. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/** Metrics in Prometheus' text format, named by OpenTelemetry's mapping: `telltale_otlp_requests_total`. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics.map(family).join('');
}

function family(metric: Metric): string {
  const name = prometheusName(metric);
  const head = `# HELP ${name} ${metric.description}\n# TYPE ${name} ${metric.type}\n`;
  if (metric.type !== 'histogram') {
    return head + metric.points.map(({ attributes, value }) => sample(name, attributes, value)).join('');
  }
  let below = 0;
  const buckets = metric.counts.map((count, i) => {
    below += count;
    const bound = metric.bounds[i];
    return sample(`${name}_bucket`, { le: bound === undefined ? '+Inf' : String(bound) }, below);
  });
  return head + buckets.join('') + sample(`${name}_sum`, {}, metric.sum) + sample(`${name}_count`, {}, below);
}

function prometheusName({ name, unit, type }: Metric): string {
  const word = UNIT_WORDS[unit];
  const parts = [name.replaceAll('.', '_'), ...(word === undefined ? [] : [word])];
  return [...parts, ...(type === 'counter' ? ['total'] : [])].join('_');
}

function sample(name: string, attributes: Attributes, value: number): string {
  const labels = Object.entries(attributes).map(
    ([key, text]) => `${key.replaceAll('.', '_')}="${escapeLabel(text)}"`,
  );
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
