/**
 * PromQL for what histograms counted in a window. `increase()` extrapolates, gives nothing for a series with one
 * sample in the window, and leaves out what a series that appears held at first: the only failure of its kind. So what
 * a series added is its last sample less the one before the window, and one that appears counts from zero, because it
 * begins with its process. Only where a series fell, as that of a process that restarts under its name does, is it
 * `increase()`; one that fell before the first sample of the window counts from zero.
 */

export const VARIANT = 'feature_flag_result_variant';

const DURATION = 'telltale_operation_duration';

/** Series of a classic histogram, or all of a native one. */
export type Part = '_count' | '_bucket' | '';

export interface Added {
  /** Conditions beside those on what is compared. */
  readonly matchers: readonly string[];
  /** Labels that sums are by. */
  readonly by: readonly string[];
  /** A duration, such as `$__range`. */
  readonly window: string;
  /** Series of `target_info` whose processes are left out. @default none */
  readonly elsewhere?: string;
  /** Of a graph, whose every point is such a window. @default false */
  readonly isGraph?: boolean;
}

/** What a comparison compares: assigned by the release, one variant throughout, seen to their end. */
const COMPARED: readonly string[] = [
  'telltale_assignment="assigned"',
  'telltale_outcome=""',
  `${VARIANT}!~"|__mixed__|__overflow__"`,
];

/**
 * The series of `telltale.operation.duration` that meet these conditions. OTLP gives the name its unit; OpenTelemetry's
 * exporter for scrapes, which has classic histograms alone, leaves it out.
 */
export function durations(part: Part, matchers: readonly string[]): string {
  if (part === '') return `${DURATION}_seconds{${matchers.join(',')}}`;
  const name = `__name__=~"${DURATION}_(seconds${part}|${part.slice(1)})"`;
  return `{${[name, ...matchers].join(',')}}`;
}

/** What operations that are compared added, summed. */
export function added(part: Part, of: Added): string {
  const { series, range, here } = partsOf(part, of);
  const { by, window } = of;
  return `sum by (${by.join(', ')}) ((
    last_over_time(${range}) - ${series} offset ${window}
      unless ${counted(part, `last_over_time(${range})`)} < ${counted(part, `${series} offset ${window}`)}
      unless resets(${range}) > 0
    or increase(${range}) and resets(${range}) > 0
    or last_over_time(${range})
  )${here})`;
}

/**
 * What all buckets of classic histograms got, for percentiles. There are 66 for each count, so that less must do: a
 * series that fell counts from zero, and in a graph one that appears counts from its first sample.
 */
export function addedBuckets(of: Added): string {
  const { series, range, here } = partsOf('_bucket', of);
  const got =
    of.isGraph === true
      ? `increase(${range})`
      : `(last_over_time(${range}) - ${series} offset ${of.window} >= 0 or last_over_time(${range}))`;
  return `sum by (${['le', ...of.by].join(', ')}) (${got}${here})`;
}

function partsOf(part: Part, { matchers, window, elsewhere }: Added) {
  const series = durations(part, [...COMPARED, ...matchers]);
  const processes = `last_over_time(${elsewhere}[${window}])`;
  return {
    series,
    range: `${series}[${window}]`,
    here: elsewhere === undefined ? '' : ` unless on (job, instance) ${processes}`,
  };
}

/** What histograms are compared by: they have no order themselves. */
function counted(part: Part, expression: string): string {
  return part === '' ? `histogram_count(${expression})` : expression;
}
