import type { EvidenceKind, Selection } from './source.js';

/** Text of Datadog's metrics queries. Nothing of users goes in but what {@link tagValue} leaves of it. */

/** What sets operations apart, as OTLP's attributes become tags; those of the resource are renamed. */
const PLACE = {
  overflow: 'otel.metric.overflow',
  service: 'service',
  serviceVersion: 'version',
  environment: 'env',
} as const;

const EVALUATED = {
  ...PLACE,
  flag: 'feature_flag.key',
  variant: 'feature_flag.result.variant',
  assignment: 'telltale.assignment',
} as const;

/** Tags of one metric by what they tell; what a metric does not tell is left out. */
type Tags = typeof PLACE & {
  readonly [Name in
    | 'flag'
    | 'variant'
    | 'assignment'
    | 'outcome'
    | 'flagVersion'
    | 'errorType'
    | 'status'
    | 'bucket']?: string;
};

/** A metric and what its tags tell. */
export interface TaggedMetric {
  readonly metric: string;
  readonly tags: Tags;
}

/** A metric that operations are counted from. */
export interface TaggedEvidence extends TaggedMetric {
  readonly kind: EvidenceKind;
  /** Less is preferred. */
  readonly rank: number;
}

/** The distribution that Datadog makes of Telltale's own histogram. */
export const OPERATION_DURATION: TaggedEvidence & {
  readonly tags: Required<Omit<Tags, 'status' | 'bucket'>>;
} = {
  kind: 'operation-duration',
  rank: 0,
  metric: 'telltale.operation.duration',
  tags: {
    ...EVALUATED,
    outcome: 'telltale.outcome',
    flagVersion: 'feature_flag.version',
    errorType: 'error.type',
  },
};

/** What a flag's operations can be counted from, or all flags': without its key the tag of a flag is not known. */
export function evidenceMetrics({ flag, evidence }: Partial<Selection>): TaggedEvidence[] {
  const key = flag === undefined ? '' : tagValue(flag);
  const http: TaggedEvidence = {
    kind: 'http-duration',
    rank: 1,
    metric: 'http.server.request.duration',
    tags: {
      ...PLACE,
      variant: `feature_flags.${key}`,
      errorType: 'error.type',
      status: 'http.response.status_code',
    },
  };
  // A tag's key ends with the first colon.
  const all = key === '' || key.includes(':') ? [OPERATION_DURATION] : [OPERATION_DURATION, http];
  return all.filter(({ kind }) => evidence === undefined || evidence.some((use) => use.kind === kind));
}

/** Sums by unit bucket, of operations that the release assigned. */
export function unitMetric(counter: 'operations' | 'errors'): TaggedMetric {
  return { metric: `telltale.unit.${counter}`, tags: { ...EVALUATED, bucket: 'telltale.unit.bucket' } };
}

/**
 * A text as Datadog keeps it in a tag: lower-case, what is no letter, digit or one of `_-:./` an underscore, one for
 * several and none at the end.
 */
export function tagValue(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\-:./]+/gu, '_')
    .replace(/_$/, '');
}

/**
 * A count of operations in each `seconds`.
 *
 * @param atMost Only those of at most so many seconds; it takes percentiles switched on for the metric.
 */
export function countQuery(
  asked: TaggedMetric,
  selection: Partial<Selection>,
  seconds: number,
  atMost?: number,
): string {
  return inIntervals(
    atMost === undefined ? 'count' : `count(v: v<=${atMost.toFixed(9)})`,
    asked,
    selection,
    seconds,
  );
}

/** A sum of counters in each `seconds`. */
export function sumQuery(asked: TaggedMetric, selection: Selection, seconds: number): string {
  return inIntervals('sum', asked, selection, seconds);
}

function inIntervals(
  aggregator: string,
  { metric, tags }: TaggedMetric,
  selection: Partial<Selection>,
  seconds: number,
): string {
  const by = Object.values(tags).join(',');
  return `${aggregator}:${metric}{${scope(tags, selection)}} by {${by}}.as_count().rollup(sum, ${seconds})`;
}

/** A percentile of the operations that are compared, by variant, in services that are counted from the metric. */
export function percentileQuery(
  { metric, kind, tags }: TaggedEvidence,
  selection: Selection,
  percentile: number,
): string {
  const { assignment, outcome, variant } = tags;
  const services = (selection.evidence ?? []).filter((use) => use.kind === kind && use.service !== '');
  const counted = services.map(({ service }) => `${tags.service}:${tagValue(service)}`);
  const compared = [
    ...conditions(tags, selection),
    ...(counted.length === 0 ? [] : [`(${counted.join(' OR ')})`]),
    ...(assignment === undefined ? [] : [`${assignment}:assigned`]),
    ...(outcome === undefined ? [] : [`NOT ${outcome}:aborted`]),
  ];
  return `p${percentile}:${metric}{${compared.join(' AND ') || '*'}} by {${variant}}`;
}

function scope(tags: Tags, selection: Partial<Selection>): string {
  return conditions(tags, selection).join(' AND ') || '*';
}

function conditions(tags: Tags, { flag, service, environment, route }: Partial<Selection>): string[] {
  return [
    ...(service === undefined ? [] : [`${tags.service}:${tagValue(service)}`]),
    ...(environment === undefined ? [] : [`${tags.environment}:${tagValue(environment)}`]),
    ...(route === undefined
      ? []
      : [`(http.route:${tagValue(route)} OR telltale.operation.name:${tagValue(route)})`]),
    // What a limit folded together has no flag any more, and may be of any.
    ...(flag === undefined || tags.flag === undefined
      ? []
      : [`(${tags.flag}:${tagValue(flag)} OR ${tags.overflow}:true)`]),
  ];
}
