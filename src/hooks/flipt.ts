import type {
  BaseFliptClient,
  BatchEvaluationResponse,
  BooleanEvaluationResponse,
  EvaluationResponse,
  VariantEvaluationResponse,
} from '@flipt-io/flipt-client-js';
import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { type Cause, FOR_ALL, NAMED, NO_RULE, OFF, RULE, SPLIT } from './causes.js';
import { type FliptFlag, type FliptFlags, type FliptRule, readSnapshot } from './flipt-snapshot.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

const PROVIDER = 'Flipt';

const ADAPTER: SdkAdapter = {
  caller: 'observeFlipt',
  expects: 'a Flipt client',
  methods: ['evaluateVariant', 'evaluateBoolean', 'evaluateBatch', 'getSnapshot', 'refresh'],
  packages: [{ name: '@flipt-io/flipt-client-js', from: '0.5.0', below: 1 }],
};

/** What an application asks, as far as it can be relied on. */
interface Request {
  readonly flagKey?: unknown;
  readonly entityId?: unknown;
  readonly context?: unknown;
}

/** What Flipt answers, of either type of flag. */
interface Answer {
  readonly variant: string;
  readonly value: unknown;
  readonly reason: string;
  readonly segmentKeys: readonly string[];
}

/**
 * Observes every evaluation of a Flipt client that evaluates in the process: the attribute `feature_flags.<key>` on the
 * operation's entry span, the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the
 * flag's share in `telltale.operation.duration`. The variant is its key, and `true` and `false` for boolean flags and
 * for what has no variant.
 *
 * @returns What stops it.
 * @throws TypeError where `client` is no Flipt client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { FliptClient } from '@flipt-io/flipt-client-js';
 * import { observeFlipt } from 'telltale/flipt';
 *
 * const flipt = await FliptClient.init({ namespace: 'shop', url: 'http://flipt.internal' });
 * observeFlipt(flipt);
 * ```
 */
export function observeFlipt(client: BaseFliptClient, options: EvaluationRecordOptions = {}): Detach {
  // Wrapped: a hook of the SDK is given when the client is made, and sees neither failures nor the entity.
  return attachAdapter(ADAPTER, client, options, (target, write) => {
    let known: FliptFlags | undefined;
    const flags = (): FliptFlags => {
      known ??= readSnapshot(target.getSnapshot());
      return known;
    };
    return observeMethods(target, {
      evaluateVariant: {
        returned: (args, value) =>
          write(() => success(args[0], flags(), ofVariant(value as VariantEvaluationResponse))),
        failed: (args) => write(() => failure(args[0], flags(), 'VARIANT_FLAG_TYPE')),
      },
      evaluateBoolean: {
        returned: (args, value) =>
          write(() => success(args[0], flags(), ofBoolean(value as BooleanEvaluationResponse))),
        failed: (args) => write(() => failure(args[0], flags(), 'BOOLEAN_FLAG_TYPE')),
      },
      evaluateBatch: {
        returned: (args, value) => {
          const { responses } = value as BatchEvaluationResponse;
          for (const [index, response] of responses.entries()) {
            write(() => ofResponse((args[0] as readonly Request[])[index], flags(), response));
          }
        },
        failed: (args) => {
          if (!Array.isArray(args[0])) return;
          for (const request of args[0]) write(() => failure(request, flags(), undefined));
        },
      },
      refresh: {
        returned: (_args, isChanged) => {
          if (isChanged === true) known = undefined;
        },
      },
    });
  });
}

function ofVariant({
  match,
  variantKey,
  variantAttachment,
  reason,
  segmentKeys,
}: VariantEvaluationResponse): Answer {
  return { variant: variantKey || String(match), value: variantAttachment, reason, segmentKeys };
}

function ofBoolean({ enabled, reason, segmentKeys }: BooleanEvaluationResponse): Answer {
  return { variant: String(enabled), value: enabled, reason, segmentKeys };
}

/** One of a batch; its responses come in the order of the requests. */
function ofResponse(
  request: Request | undefined,
  flags: FliptFlags,
  { variantEvaluationResponse, booleanEvaluationResponse }: EvaluationResponse,
): Evaluation | undefined {
  if (variantEvaluationResponse !== undefined)
    return success(request, flags, ofVariant(variantEvaluationResponse));
  if (booleanEvaluationResponse !== undefined)
    return success(request, flags, ofBoolean(booleanEvaluationResponse));
  return failure(request, flags, undefined);
}

function success(request: unknown, flags: FliptFlags, answer: Answer): Evaluation | undefined {
  const { flagKey, entityId } = request as Request;
  const key = textOf(flagKey);
  if (key === undefined) return undefined;
  const cause = causeOf(flags.get(key), answer, textOf(entityId));
  return evaluation(key, flags, cause, entityId, answer.variant, answer.value);
}

/** What threw, or was refused within a batch: the SDK only has words for people. */
function failure(request: unknown, flags: FliptFlags, type: string | undefined): Evaluation | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  const { flagKey, entityId, context } = request as Request;
  const key = textOf(flagKey);
  if (key === undefined) return undefined;
  const errorType = errorTypeOf(flags.get(key), type, entityId, context);
  return evaluation(
    key,
    flags,
    { reason: 'error', assignment: 'error', errorType },
    entityId,
    undefined,
    undefined,
  );
}

function errorTypeOf(
  flag: FliptFlag | undefined,
  type: string | undefined,
  entityId: unknown,
  context: unknown,
): string {
  if (typeof entityId !== 'string' || entityId.trim() === '') return 'targeting_key_missing';
  if (flag === undefined) return 'flag_not_found';
  if (type !== undefined && flag.type !== type) return 'type_mismatch';
  return typeof context !== 'object' || context === null ? 'invalid_context' : 'general';
}

function evaluation(
  key: string,
  { namespace }: FliptFlags,
  { reason, assignment, errorType }: Cause,
  entityId: unknown,
  variant: string | undefined,
  value: unknown,
): Evaluation {
  return {
    key,
    variant,
    reason,
    assignment,
    provider: PROVIDER,
    setId: namespace,
    version: undefined,
    errorType,
    errorMessage: undefined,
    value,
    targetingKey: textOf(entityId),
  };
}

/** Flipt tells that something matched, and the segments; the flag's rules tell whether it was by lot. */
function causeOf(
  flag: FliptFlag | undefined,
  { reason, segmentKeys }: Answer,
  entityId: string | undefined,
): Cause {
  if (reason === 'FLAG_DISABLED_EVALUATION_REASON') return OFF;
  // It was taken away by a refresh, in this very moment.
  if (flag === undefined) return reason === 'MATCH_EVALUATION_REASON' ? RULE : NO_RULE;
  const rule = segmentKeys.length === 0 ? undefined : flag.rules.find((one) => isOf(segmentKeys, one));
  if (rule?.isSplit === true) return SPLIT;
  if (rule !== undefined && entityId !== undefined && rule.entities.has(entityId)) return NAMED;
  if (rule !== undefined && !rule.isForAll) return RULE;
  if (flag.isDrawn) return SPLIT;
  return flag.rules.length === (rule === undefined ? 0 : 1) ? FOR_ALL : NO_RULE;
}

/** Whether a unit that is in those segments, and in no other of the rule, is under the rule. */
function isOf(segmentKeys: readonly string[], rule: FliptRule): boolean {
  if (rule.needsAll && segmentKeys.length !== rule.segmentKeys.length) return false;
  return segmentKeys.every((key) => rule.segmentKeys.includes(key));
}
