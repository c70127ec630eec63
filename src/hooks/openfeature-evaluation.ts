import type { EvaluationDetails, FlagValue, HookContext } from '@openfeature/server-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { lowerCase, textOf, wordOf } from '../core/words.js';
import { assignmentOf } from './openfeature-reasons.js';
import { resultVariant } from './result-variant.js';

/** What OpenFeature tells of an evaluation, on a server and in a browser. */
export function toEvaluation(
  hookContext: Readonly<HookContext<FlagValue>>,
  details: EvaluationDetails<FlagValue>,
): Evaluation {
  // OpenFeature takes the `code` of what a provider threw: a number for gRPC (14) and for a timeout (23).
  const errorType = details.errorCode ? lowerCase(codeOf(details.errorCode)) : undefined;
  const reason = textOf(details.reason) ?? 'UNKNOWN';
  const provider = wordOf(hookContext.providerMetadata?.name);
  return {
    key: hookContext.flagKey,
    variant: resultVariant(textOf(details.variant), details.value),
    reason: errorType ? 'error' : lowerCase(reason),
    assignment: errorType ? 'error' : assignmentOf(reason, provider),
    provider,
    setId: wordOf(details.flagMetadata?.['flagSetId']),
    version: wordOf(details.flagMetadata?.['version']),
    errorType,
    errorMessage: textOf(details.errorMessage),
    value: details.value,
    targetingKey: textOf(hookContext.context.targetingKey),
  };
}

function codeOf(errorCode: unknown): string {
  return typeof errorCode === 'string' ? errorCode : 'GENERAL';
}
