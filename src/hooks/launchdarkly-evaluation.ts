import type { Evaluation } from '../core/evaluation.js';
import { ERROR_TYPE_OTHER } from '../core/semconv.js';
import { capped, lowerCase } from '../core/words.js';
import { LAUNCHDARKLY_ASSIGNMENTS, semconvReason } from './launchdarkly-reasons.js';
import { resultVariant } from './result-variant.js';

/** As LaunchDarkly's own hooks name it. */
const PROVIDER = 'LaunchDarkly';

/** In a browser, where reasons are not asked for. */
const NO_REASON: LaunchDarklyReason = { kind: 'UNKNOWN' };

interface LaunchDarklyReason {
  readonly kind: string;
  readonly errorKind?: string;
  readonly inExperiment?: boolean;
}

/** The result of an evaluation, as the server's and the browser's SDK both give it. */
interface LaunchDarklyDetail {
  readonly value: unknown;
  readonly variationIndex?: number | null;
  readonly reason?: LaunchDarklyReason;
}

/** What LaunchDarkly tells of an evaluation, on a server and in a browser. */
export function toEvaluation(
  key: string,
  detail: LaunchDarklyDetail,
  environmentId: string | undefined,
  targetingKey: string | undefined,
): Evaluation {
  const { value, variationIndex, reason = NO_REASON } = detail;
  const { kind, inExperiment, errorKind } = reason;
  return {
    key,
    variant: resultVariant(typeof variationIndex === 'number' ? String(variationIndex) : undefined, value),
    reason: semconvReason(kind, inExperiment === true) ?? lowerCase(kind),
    assignment: kind === 'ERROR' ? 'error' : (LAUNCHDARKLY_ASSIGNMENTS.get(kind) ?? 'assigned'),
    provider: PROVIDER,
    setId: environmentId ? capped(environmentId) : undefined,
    // The SDK knows the flag's version and tells no hook.
    version: undefined,
    errorType: kind === 'ERROR' ? errorType(errorKind) : undefined,
    // LaunchDarkly logs the message and hands it to nobody.
    errorMessage: undefined,
    value,
    targetingKey: targetingKey || undefined,
  };
}

function errorType(errorKind: string | undefined): string {
  return errorKind ? lowerCase(errorKind) : ERROR_TYPE_OTHER;
}
