import type { Evaluation } from '../core/evaluation.js';
import { ERROR_TYPE_OTHER } from '../core/semconv.js';
import { capped, lowerCase, textOf } from '../core/words.js';
import { LAUNCHDARKLY_ASSIGNMENTS, LAUNCHDARKLY_ERRORS, semconvReason } from './launchdarkly-reasons.js';
import type { VariationNames } from './launchdarkly-variations.js';
import { resultVariant } from './result-variant.js';

/** Why LaunchDarkly gave a result. */
interface Reason {
  readonly kind: string;
  readonly errorKind?: string | undefined;
  readonly inExperiment?: boolean | undefined;
}

/** The result of one evaluation, on a server and in a browser. Some have a reason only where they were asked for it. */
export interface Result {
  readonly value: unknown;
  readonly variationIndex?: number | null | undefined;
  readonly reason?: Reason | undefined;
}

const NO_REASON = {};

/** As LaunchDarkly's own hooks name it. */
const PROVIDER = 'LaunchDarkly';

/** One result as it is written; `undefined` where the application named no flag. */
export function toEvaluation(
  flagKey: unknown,
  result: Result,
  names: VariationNames | undefined,
  { setId, version, targetingKey }: Pick<Evaluation, 'setId' | 'version' | 'targetingKey'>,
): Evaluation | undefined {
  const key = textOf(flagKey);
  if (key === undefined) return undefined;
  const { value, variationIndex, reason } = result;
  const { kind, inExperiment, errorKind }: Partial<Reason> = reason ?? NO_REASON;
  return {
    key,
    variant: resultVariant(variationName(names?.get(key), variationIndex), value),
    reason: kind === undefined ? 'unknown' : (semconvReason(kind, inExperiment === true) ?? lowerCase(kind)),
    assignment: kind === 'ERROR' ? 'error' : (LAUNCHDARKLY_ASSIGNMENTS.get(kind ?? '') ?? 'assigned'),
    provider: PROVIDER,
    setId: setId === undefined ? undefined : capped(setId),
    version,
    errorType: kind === 'ERROR' ? errorType(errorKind) : undefined,
    // LaunchDarkly logs the message and hands it to nobody.
    errorMessage: undefined,
    value,
    targetingKey: targetingKey || undefined,
  };
}

/** The name of a variation, or its index where nobody gave it a name. */
function variationName(
  names: readonly string[] | undefined,
  index: number | null | undefined,
): string | undefined {
  return typeof index === 'number' ? (names?.[index] ?? String(index)) : undefined;
}

function errorType(errorKind: string | undefined): string {
  if (!errorKind) return ERROR_TYPE_OTHER;
  return LAUNCHDARKLY_ERRORS.get(errorKind) ?? lowerCase(errorKind);
}
