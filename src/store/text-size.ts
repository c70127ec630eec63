import type { Attributes, LogRecord, Metric, Span } from '../otlp/model.js';

/** What a row has beside its values: the names of its columns, quotes, times, ids. */
const ROW_TEXT = 600;
/** A nested event, link or exemplar beside its attributes. */
const NESTED_TEXT = 120;
const NUMBER_TEXT = 8;

/**
 * About how many characters of JSON the rows of a request will be. Resource and scope are one object for many
 * records on the wire, and a copy in every row: 2,000 spans with one attribute of 4 MB are 8 GB.
 */
export function recordsText(records: readonly (Span | LogRecord)[]): number {
  const measure = measurer();
  let text = 0;
  for (const record of records) {
    text += ROW_TEXT + measure(record.resource.attributes) + measure(record.scope.attributes);
    text += measure(record.attributes);
    if ('body' in record) text += record.body.length;
    else
      for (const part of [...record.events, ...record.links]) text += NESTED_TEXT + measure(part.attributes);
  }
  return text;
}

/** As {@link recordsText}, for the points of metrics. */
export function metricsText(metrics: readonly Metric[]): number {
  const measure = measurer();
  let text = 0;
  for (const metric of metrics) {
    const shared =
      ROW_TEXT +
      measure(metric.resource.attributes) +
      measure(metric.scope.attributes) +
      metric.name.length +
      metric.description.length;
    for (const point of metric.points) {
      text += shared + measure(point.attributes) + numbers(point) * NUMBER_TEXT;
      if (!('exemplars' in point)) continue;
      for (const exemplar of point.exemplars) text += NESTED_TEXT + measure(exemplar.attributes);
    }
  }
  return text;
}

function numbers(point: Metric['points'][number]): number {
  if ('bucketCounts' in point) return 2 * point.bucketCounts.length;
  if ('positive' in point) return point.positive.bucketCounts.length + point.negative.bucketCounts.length;
  return 'quantiles' in point ? 2 * point.quantiles.length : 1;
}

/** Measures an attributes object once, however many records share it. */
function measurer(): (attributes: Attributes) => number {
  const known = new Map<Attributes, number>();
  return (attributes) => {
    let text = known.get(attributes);
    if (text === undefined) {
      text = 0;
      for (const key in attributes) text += key.length + (attributes[key]?.length ?? 0) + 6;
      known.set(attributes, text);
    }
    return text;
  };
}
