import { BackendError } from '../store/backend-error.js';
import type { PrometheusClient } from './prometheus-client.js';
import { countName, type Naming, type StoredMetric } from './prometheus-names.js';
import { LOOK_BACK_SECONDS } from './prometheus-readings.js';
import { anyOf, type Matcher } from './promql.js';
import type { Window } from './source.js';

/**
 * Flags in the names of labels: the attribute `feature_flags.<key>`, whose value is the variant. Where a store escapes
 * names, `new-checkout` and `new.checkout` are one label, and keys are known only where another label has them as values.
 */

/** A label that stands for a flag, on the metrics that are named so. */
export interface FlagLabel {
  readonly flag: string;
  readonly label: string;
  readonly naming: Naming;
}

const PREFIX = 'feature_flags.';

/**
 * The labels of the flag asked for, or of all there are, on any of these metrics.
 *
 * @throws BackendError `unavailable` where the flag asked for shares its label with another that the store knows
 */
export async function readFlagLabels(
  client: PrometheusClient,
  metrics: readonly StoredMetric[],
  flag: string | undefined,
  services: readonly Matcher[],
  { from, to }: Window,
): Promise<FlagLabel[]> {
  if (metrics.length === 0) return [];
  const begin = from - LOOK_BACK_SECONDS;
  const ofMetrics: Matcher = { label: '__name__', is: '=~', value: anyOf(metrics.map(countName)) };
  const labels = await client.labels([ofMetrics, ...services], begin, to);
  const found: FlagLabel[] = [];
  for (const naming of new Set(metrics.map((metric) => metric.naming))) {
    const prefix = naming.label(PREFIX);
    const own = labels.filter((label) => label.startsWith(prefix) && label !== prefix);
    if (own.length === 0) continue;
    const known = naming.escapes ? await readKeys(client, labels, services, begin, to) : new Set<string>();
    const named =
      flag === undefined
        ? own.flatMap((label) => keyOf(label, prefix, known))
        : ofFlag(flag, own, naming, known);
    found.push(...named.map((one) => ({ ...one, naming })));
  }
  return found;
}

/** Keys as they are, from labels that are not escaped: those that Telltale and flag SDKs' hooks write them in. */
async function readKeys(
  client: PrometheusClient,
  labels: readonly string[],
  services: readonly Matcher[],
  from: number,
  to: number,
): Promise<Set<string>> {
  const label = 'feature_flag_key';
  const keys = await client.values(label, [{ label, is: '!=', value: '' }, ...services], from, to);
  const dotted = labels.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  return new Set([...keys, ...dotted]);
}

/** How a store that escapes names may write a flag's: underscores side by side are kept, or become one. */
function escapedLabels(flag: string): string[] {
  const kept = `${PREFIX}${flag}`.replace(/[^a-zA-Z0-9_]/gu, '_');
  return [kept, kept.replace(/__+/g, '_')];
}

type Named = Omit<FlagLabel, 'naming'>;

/** The flag of a label, by its key where that is known, else as the label has it; none where it is of several. */
function keyOf(label: string, prefix: string, known: ReadonlySet<string>): Named[] {
  const keys = [...known].filter((key) => escapedLabels(key).includes(label));
  if (keys.length > 1) return [];
  return [{ flag: keys[0] ?? label.slice(prefix.length), label }];
}

function ofFlag(
  flag: string,
  labels: readonly string[],
  naming: Naming,
  known: ReadonlySet<string>,
): Named[] {
  const candidates = naming.escapes ? escapedLabels(flag) : [naming.label(`${PREFIX}${flag}`)];
  const label = candidates.find((candidate) => labels.includes(candidate));
  if (label === undefined) return [];
  const other = [...known].find((key) => key !== flag && escapedLabels(key).includes(label));
  if (other !== undefined)
    throw shared(label, `the flags ${JSON.stringify(flag)} and ${JSON.stringify(other)}`);
  return [{ flag, label }];
}

/** Operations of several flags under one name, which nobody can tell apart any more. */
function shared(label: string, what: string): BackendError {
  return new BackendError(
    'unavailable',
    `Prometheus has ${what} in one label, ${label}, so that their operations cannot be told apart: ` +
      'rename one of them, or have the store keep names as they are (translation_strategy: NoUTF8EscapingWithSuffixes).',
  );
}

/**
 * Refuses a flag's value where the store joined those of two attributes that became one label.
 *
 * @throws BackendError `unavailable`
 */
export function refuseJoined({ label, naming }: FlagLabel, value: string): void {
  if (naming.escapes && value.includes(';'))
    throw shared(label, `several flags, of which one operation had ${JSON.stringify(value)},`);
}
