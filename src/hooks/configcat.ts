import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { type Cause, FOR_ALL, NAMED, NO_RULE, RULE, SPLIT } from './causes.js';
import { isForAll, type Setting, settingIn, type User, unitOf } from './configcat-setting.js';
import { resultVariant } from './result-variant.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';

export type { Detach, EvaluationRecordOptions };

/** A condition on an attribute of the user, as `@configcat/sdk` has it and as `configcat-node` did. */
interface UserCondition {
  readonly a?: string;
  readonly c?: number;
  readonly comparisonAttribute?: string;
  readonly comparator?: number;
}

interface TargetingRule {
  readonly c?: readonly { readonly u?: UserCondition | undefined }[];
  readonly conditions?: readonly object[];
}

interface PercentageOption {
  readonly p?: number;
  readonly percentage?: number;
}

/** What the event `flagEvaluated` tells. */
interface EvaluationDetails {
  readonly key: string;
  readonly value: unknown;
  readonly variationId?: string | null | undefined;
  readonly user?: User | undefined;
  readonly isDefaultValue: boolean;
  /** Of `@configcat/sdk` alone. */
  readonly errorCode?: number;
  readonly errorMessage?: string | undefined;
  readonly errorException?: unknown;
  /** A {@link TargetingRule}. */
  readonly matchedTargetingRule?: object | undefined;
  /** A {@link PercentageOption}. */
  readonly matchedPercentageOption?: object | undefined;
}

/** What is leaned on of the clients of `@configcat/sdk` and of `configcat-node`. */
export interface ConfigCatClient {
  on(event: 'flagEvaluated', listener: (details: EvaluationDetails) => void): unknown;
  removeListener(event: 'flagEvaluated', listener: (details: EvaluationDetails) => void): unknown;
  snapshot(): { getAllKeys(): readonly string[]; readonly fetchedConfig: object | null };
}

const PROVIDER = 'ConfigCat';

const ADAPTER: SdkAdapter = {
  caller: 'observeConfigCat',
  expects: 'a ConfigCat client',
  methods: ['getValueAsync', 'snapshot', 'on', 'removeListener'],
  packages: [
    { name: '@configcat/sdk', from: '1.0.0', below: 2 },
    { name: 'configcat-node', from: '11.0.0', below: 12 },
  ],
};

/** ConfigCat's error codes. */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'parse_error'],
  [2, 'type_mismatch'],
  [1_000, 'provider_not_ready'],
  [1_001, 'flag_not_found'],
]);

/** How `configcat-node` says that the default value is of another type. */
const TYPE_MISMATCH = 'The type of a setting must match';

/** Attributes that tell one user from another. */
const IDENTITIES: ReadonlySet<string | undefined> = new Set(['Identifier', 'Email']);

/** Comparators that name users, each in clear text and hashed: is one of, equals. */
const NAMING: ReadonlySet<number | undefined> = new Set([0, 16, 28, 20]);

const FAILED: Cause = { reason: 'error', assignment: 'error' };

/**
 * Observes every evaluation of a ConfigCat client and of its snapshots, through the client's event `flagEvaluated`:
 * the attribute `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log
 * record `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is the variation
 * id, which ConfigCat has for each distinct value; without one, as of flag overrides, it is `true` or `false`.
 *
 * @returns What stops it.
 * @throws TypeError where `client` is no ConfigCat client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { getClient } from '@configcat/sdk';
 * import { observeConfigCat } from 'telltale/configcat';
 *
 * const client = getClient('#YOUR-SDK-KEY#');
 * observeConfigCat(client);
 * ```
 */
export function observeConfigCat(client: ConfigCatClient, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, client, options, (observed, write) => {
    const listener = (details: EvaluationDetails): void => write(() => evaluation(observed, details));
    observed.on('flagEvaluated', listener);
    return () => observed.removeListener('flagEvaluated', listener);
  });
}

function evaluation(client: ConfigCatClient, details: EvaluationDetails): Evaluation {
  const { key, value, variationId, user, isDefaultValue } = details;
  const cause = isDefaultValue ? FAILED : causeOf(client, details);
  const { reason, assignment } = cause;
  return {
    key,
    variant: resultVariant(textOf(variationId), value),
    reason,
    assignment,
    provider: PROVIDER,
    setId: undefined,
    version: undefined,
    errorType: isDefaultValue ? errorType(client, details) : undefined,
    errorMessage: isDefaultValue ? textOf(details.errorMessage) : undefined,
    value,
    targetingKey: textOf(cause === SPLIT ? unitOf(settingOf(client, key), user) : user?.identifier),
  };
}

function causeOf(client: ConfigCatClient, details: EvaluationDetails): Cause {
  const { key, variationId, matchedTargetingRule, matchedPercentageOption } = details;
  const rule: TargetingRule | undefined = matchedTargetingRule;
  const option: PercentageOption | undefined = matchedPercentageOption;
  // At 100 % an option leaves nobody out.
  if (option !== undefined && (option.p ?? option.percentage) !== 100) return SPLIT;
  if (rule !== undefined) return isNaming(rule) ? NAMED : RULE;
  if (option !== undefined) return FOR_ALL;
  // Flag overrides give values without an id, and are in no config.
  const setting = variationId ? settingOf(client, key) : undefined;
  return setting !== undefined && isForAll(setting) ? FOR_ALL : NO_RULE;
}

/** As it was downloaded; a snapshot costs less than writing what it tells. */
function settingOf(client: ConfigCatClient, key: string): Setting | undefined {
  return settingIn(client.snapshot().fetchedConfig, key);
}

/** Whether a rule that matched lists single users. */
function isNaming({ c, conditions }: TargetingRule): boolean {
  if (c !== undefined) return c.some(({ u }) => u !== undefined && NAMING.has(u.c) && IDENTITIES.has(u.a));
  return (conditions ?? []).some(({ comparisonAttribute, comparator }: UserCondition) => {
    return NAMING.has(comparator) && IDENTITIES.has(comparisonAttribute);
  });
}

function errorType(client: ConfigCatClient, details: EvaluationDetails): string {
  const { errorCode, errorException, errorMessage } = details;
  if (errorCode !== undefined) return ERROR_TYPES.get(errorCode) ?? 'general';
  // `configcat-node` has no codes. Without an exception either the flag or all of them are missing.
  if (errorException !== undefined)
    return errorMessage?.includes(TYPE_MISMATCH) ? 'type_mismatch' : 'general';
  return client.snapshot().getAllKeys().length === 0 ? 'provider_not_ready' : 'flag_not_found';
}
