import type { Labels, PrometheusClient } from './prometheus-client.js';
import { type FlagLabel, readFlagLabels, refuseJoined } from './prometheus-flags.js';
import type { MetricName, StoredMetric, StoredMetrics } from './prometheus-names.js';
import { flagMatchers, type Target } from './prometheus-target.js';
import type { Matcher } from './promql.js';
import type { EvidenceKind, Selection, Window } from './source.js';

/** What a series tells of its operations. */
export interface Operation extends Target {
  /** '' of what a limit folded together. */
  readonly flag: string;
  readonly variant: string;
  readonly assignment: string;
  readonly outcome: string;
  readonly flagVersion: string;
  readonly route: string;
  readonly overflow: boolean;
  readonly failed: boolean;
}

/** One metric that operations can be counted from. */
interface EvidenceMetric {
  readonly metric: MetricName;
  readonly kind: EvidenceKind;
  /** In a value: the label `feature_flag.key` has the key; in a name: `feature_flags.<key>` has the variant. */
  readonly flagIn: 'value' | 'name';
  /** Conditions on attributes of series that are of entry operations. */
  readonly only: readonly AttributeMatcher[];
}

type AttributeMatcher = Omit<Matcher, 'label'> & { readonly attribute: string };

const SERVED: AttributeMatcher = {
  attribute: 'span.kind',
  is: '=~',
  value: 'SPAN_KIND_SERVER|SPAN_KIND_CONSUMER',
};
const OVERFLOW: AttributeMatcher = { attribute: 'otel.metric.overflow', is: '=', value: 'true' };

/** A connector that multiplied a span says so: as many operations were not seen. */
const SEEN: AttributeMatcher = { attribute: 'sampling.method', is: '!=', value: 'extrapolated' };

/** In the order of preference, which is that of `evidence-sql.ts`. */
const EVIDENCE: readonly EvidenceMetric[] = [
  { metric: 'telltale.operation.duration', kind: 'operation-duration', flagIn: 'value', only: [] },
  { metric: 'http.server.request.duration', kind: 'http-duration', flagIn: 'name', only: [] },
  { metric: 'traces.span.metrics.duration', kind: 'span-metrics', flagIn: 'name', only: [SERVED] },
  // Durations have the count too: calls are for services whose connector writes none.
  { metric: 'traces.span.metrics.calls', kind: 'span-metrics', flagIn: 'name', only: [SERVED] },
];

/** Series of one metric that tell of a flag's operations, or of what a limit folded together. */
export interface EvidenceSeries {
  readonly kind: EvidenceKind;
  /** Less is preferred. */
  readonly rank: number;
  readonly metric: StoredMetric;
  readonly matchers: readonly Matcher[];
  /** All forms of the metric, whose series tell which processes reported. */
  readonly forms: readonly StoredMetric[];
  /** Where a label's name is the flag's. */
  readonly flag: FlagLabel | undefined;
}

/** Finds the series that the operations of a flag, or of all flags, can be counted from. */
export async function readEvidenceSeries(
  client: PrometheusClient,
  metrics: StoredMetrics,
  selection: Partial<Selection>,
  services: readonly Matcher[],
  window: Window,
): Promise<EvidenceSeries[]> {
  const { evidence, flag } = selection;
  const asked = EVIDENCE.map((one, rank) => ({ ...one, rank, forms: metrics.of(one.metric) })).filter(
    ({ kind }) => evidence === undefined || evidence.some((use) => use.kind === kind),
  );
  const inNames = asked.filter(({ flagIn }) => flagIn === 'name').flatMap(({ forms }) => forms);
  const labels = await readFlagLabels(client, inNames, flag, services, window);
  return asked.flatMap(({ kind, rank, forms, flagIn, only }) =>
    forms.flatMap((metric): EvidenceSeries[] => {
      const { naming } = metric;
      const of = (label: FlagLabel | undefined, matchers: readonly Matcher[]): EvidenceSeries => ({
        kind,
        rank,
        metric,
        forms,
        flag: label,
        matchers: [...matchers, ...services],
      });
      const where = (attributes: readonly AttributeMatcher[]): Matcher[] =>
        attributes.map(({ attribute, is, value }) => ({ label: naming.label(attribute), is, value }));
      if (flagIn === 'value') return [of(undefined, flagMatchers(naming, flag))];
      const own = labels.filter((label) => label.naming === naming);
      // What was folded together has lost its flag and may be of any, where there are flags.
      const folded = own.length === 0 ? [] : [of(undefined, where([OVERFLOW, SEEN]))];
      const flagged = own.map((label) =>
        of(label, [{ label: label.label, is: '!=', value: '' }, ...where([...only, SEEN])]),
      );
      return [...flagged, ...folded];
    }),
  );
}

/** What a series tells, undefined where it is not of the selection. */
export function operationOf(
  { metric: { naming }, kind, flag: named }: EvidenceSeries,
  labels: Labels,
  selection: Partial<Selection>,
  target: Target,
): Operation | undefined {
  const attribute = (name: string): string => labels[naming.label(name)] ?? '';
  const overflow = attribute('otel.metric.overflow') === 'true';
  const isOf = (asked: string | undefined, value: string): boolean => asked === undefined || asked === value;
  if (!isOf(selection.service, target.service) || !isOf(selection.environment, target.environment))
    return undefined;
  const flag = named?.flag ?? attribute('feature_flag.key');
  const own = kind === 'operation-duration';
  const route = attribute('http.route') || attribute(own ? 'telltale.operation.name' : 'span.name');
  if (!overflow && !(isOf(selection.flag, flag) && isOf(selection.route, route))) return undefined;
  if (own) {
    return {
      ...target,
      flag,
      variant: attribute('feature_flag.result.variant'),
      assignment: attribute('telltale.assignment'),
      outcome: attribute('telltale.outcome'),
      flagVersion: attribute('feature_flag.version'),
      route,
      overflow,
      failed: attribute('error.type') !== '',
    };
  }
  const variant = named === undefined ? '' : (labels[named.label] ?? '');
  // A list of all flags shows it as it is.
  if (named !== undefined && selection.flag !== undefined) refuseJoined(named, variant);
  return {
    ...target,
    flag,
    variant,
    // Why it has its variant cannot be told.
    assignment: 'assigned',
    outcome: '',
    flagVersion: '',
    route,
    overflow,
    failed: hasFailed(attribute),
  };
}

/** As `STATUS` of `schema-fragments.ts`, and a span's own status. */
function hasFailed(attribute: (name: string) => string): boolean {
  const status = attribute('http.response.status_code') || attribute('http.status_code');
  return (
    attribute('status.code') === 'STATUS_CODE_ERROR' ||
    attribute('otel.status_code') === 'ERROR' ||
    attribute('error.type') !== '' ||
    Number(status) >= 500
  );
}
