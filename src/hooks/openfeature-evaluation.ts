import type { EvaluationDetails, FlagMetadata, FlagValue, HookContext } from '@openfeature/server-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { capped, lowerCase, textOf } from '../core/words.js';
import { assignmentOf } from './openfeature-reasons.js';
import { resultVariant } from './result-variant.js';

/** What OpenFeature tells of an evaluation, on a server and in a browser. */
export function toEvaluation(
  hookContext: Readonly<HookContext<FlagValue>>,
  details: EvaluationDetails<FlagValue>,
): Evaluation {
  // OpenFeature takes the `code` of what a provider threw: a number for gRPC (14) and for a timeout (23).
  const errorCode = details.errorCode ? wordOf(details.errorCode) : undefined;
  const reason = textOf(details.reason) ?? 'UNKNOWN';
  const provider = textOf(hookContext.providerMetadata?.name) ?? '';
  return {
    key: hookContext.flagKey,
    variant: resultVariant(textOf(details.variant), details.value),
    reason: errorCode === undefined ? lowerCase(reason) : 'error',
    assignment: errorCode === undefined ? assignmentOf(reason, provider) : 'error',
    provider: capped(provider) || undefined,
    setId: metadataText(details.flagMetadata?.['flagSetId']),
    version: metadataText(details.flagMetadata?.['version']),
    errorType: errorCode === undefined ? undefined : lowerCase(errorCode),
    errorMessage: textOf(details.errorMessage),
    value: details.value,
    targetingKey: textOf(hookContext.context.targetingKey),
  };
}

function wordOf(errorCode: unknown): string {
  return typeof errorCode === 'string' ? errorCode : 'GENERAL';
}

function metadataText(value: FlagMetadata[string] | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  return capped(String(value));
}
