import type { BaseFlag, EnvironmentModel, Flags, Flagsmith } from 'flagsmith-nodejs';
import type { Evaluation } from '../core/evaluation.js';
import { createHiddenField } from '../core/mark.js';
import { textOf } from '../core/words.js';
import {
  type Cause,
  FOR_ALL,
  NAMED,
  NO_RULE,
  NOT_FOUND,
  NOT_READY,
  OFF,
  RULE,
  SPLIT,
  UNKNOWN,
} from './causes.js';
import { type EnvironmentFacts, environmentFacts, type Multivariate } from './flagsmith-environment.js';
import { resultVariant } from './result-variant.js';
import {
  attachAdapter,
  type Detach,
  type EvaluationRecordOptions,
  type SdkAdapter,
  type Write,
} from './sdk-adapter.js';
import { hasMethod } from './sdk-kinds.js';
import { observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

const PROVIDER = 'Flagsmith';

const ADAPTER: SdkAdapter = {
  caller: 'observeFlagsmith',
  expects: 'a Flagsmith client',
  methods: ['getEnvironmentFlags', 'getIdentityFlags'],
  packages: [{ name: 'flagsmith-nodejs', from: '6.0.0', below: 9 }],
};

/** Where an object of flags comes from. A cache gives the same object again, perhaps through another client. */
interface Source {
  write: Write;
  /** The identity; there is none for an environment's flags. */
  readonly unit: string | undefined;
  /** Of the document that the flags were evaluated by, where that happened here. */
  readonly facts: EnvironmentFacts | undefined;
}

/** The reason of a split that leaves nobody out. */
const WHOLE = 'SPLIT; weight=100';

const sources = createHiddenField<Source>();

/** What observed flags have as their prototype, by the one they had. */
const prototypes = new WeakMap<object, object>();

/**
 * Observes every flag that is read from what a Flagsmith client's `getEnvironmentFlags` and `getIdentityFlags` give:
 * the attribute `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log
 * record `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is `false` for
 * a flag that is off, whichever method reads it. Of a flag that is on it is `true`; of a multivariate one, where flags
 * are evaluated locally, the id of the value's option, or `control`.
 *
 * @returns What stops it.
 * @throws TypeError where `flagsmith` is no Flagsmith client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { Flagsmith } from 'flagsmith-nodejs';
 * import { observeFlagsmith } from 'telltale/flagsmith';
 *
 * const flagsmith = new Flagsmith({ environmentKey: 'ser.your-key', enableLocalEvaluation: true });
 * observeFlagsmith(flagsmith);
 * ```
 */
export function observeFlagsmith(flagsmith: Flagsmith, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, flagsmith, options, (client, write) => {
    const watchFlags = (flags: unknown, identifier: unknown): void =>
      write(() => {
        // That there are flags is no evaluation; those are written when they are read.
        watch(client, write, flags, textOf(identifier));
        return undefined;
      });
    return observeMethods(client, {
      getEnvironmentFlags: { returned: (_args, flags) => watchFlags(flags, undefined) },
      getIdentityFlags: { returned: ([identifier], flags) => watchFlags(flags, identifier) },
    });
  });
}

/** Of the environment document, where it is at hand: to fetch or read one is the client's business. */
function factsOf(client: Flagsmith): EnvironmentFacts | undefined {
  if (!client.offlineMode && !client.enableLocalEvaluation) return undefined;
  // A handler of the application's own may keep anything by that name.
  const environment: Partial<EnvironmentModel> | null | undefined = Reflect.get(
    client.offlineHandler ?? client,
    'environment',
  );
  return isModel(environment) ? environmentFacts(environment) : undefined;
}

function isModel(environment: Partial<EnvironmentModel> | null | undefined): environment is EnvironmentModel {
  return Array.isArray(environment?.featureStates) && Array.isArray(environment.identityOverrides);
}

function watch(client: Flagsmith, write: Write, given: unknown, unit: string | undefined): void {
  if (!hasMethod(given, 'getFlag')) return;
  const flags = given as Flags;
  const known = sources.get(flags);
  if (known !== undefined) {
    known.write = write;
    return;
  }
  sources.set(flags, { write, unit, facts: factsOf(client) });
  Object.setPrototypeOf(flags, observingPrototype(Object.getPrototypeOf(flags)));
}

/** A prototype for every such object costs a request less than methods of its own. */
function observingPrototype(original: Flags): object {
  const known = prototypes.get(original);
  if (known !== undefined) return known;
  const observing = Object.create(original, {
    // What `isFeatureEnabled` and `getFeatureValue` call.
    getFlag: method(function (this: Flags, ...args: [string]) {
      const flag = original.getFlag.apply(this, args);
      record(this, args[0], flag);
      return flag;
    }),
    allFlags: method(function (this: Flags, ...args: []) {
      const all = original.allFlags.apply(this, args);
      for (const flag of all) record(this, flag?.featureName, flag);
      return all;
    }),
  });
  prototypes.set(original, observing);
  return observing;
}

function method(value: (this: Flags, ...args: [string] & []) => unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true };
}

function record(flags: Flags, name: unknown, flag: BaseFlag): void {
  const source = sources.get(flags);
  source?.write(() => evaluation(source, flags, textOf(name), flag));
}

function evaluation(
  { unit, facts }: Source,
  flags: Flags,
  key: string | undefined,
  flag: BaseFlag | undefined,
): Evaluation | undefined {
  // A handler of default flags may give none.
  if (key === undefined || !flag) return undefined;
  const multivariate = facts?.multivariates.get(key);
  const { reason, assignment, errorType } = causeOf(flags, key, unit, facts, multivariate);
  const name = flag.enabled ? multivariate?.names.get(flag.value) : undefined;
  return {
    key,
    variant: resultVariant(name, flag.enabled),
    reason,
    assignment,
    provider: PROVIDER,
    setId: facts?.setId,
    version: undefined,
    errorType,
    errorMessage: undefined,
    // Which of both the application reads is not known; a flag without a value is read for its state.
    value: flag.value ?? flag.enabled,
    targetingKey: unit,
  };
}

function causeOf(
  flags: Flags,
  key: string,
  unit: string | undefined,
  facts: EnvironmentFacts | undefined,
  multivariate: Multivariate | undefined,
): Cause {
  const flag = flags.flags[key];
  if (flag === undefined) return isFallback(flags) ? NOT_READY : NOT_FOUND;
  const { enabled, reason, value } = flag;
  // Without a reason, as before 7.0.0, there is no telling whether the override was looked at.
  if (reason && unit !== undefined && facts?.overrides.get(unit)?.has(key)) return NAMED;
  if (reason?.startsWith('TARGETING_MATCH')) return RULE;
  if (!enabled) return OFF;
  if (reason?.startsWith('SPLIT')) {
    if (reason !== WHOLE) return SPLIT;
    // A segment of its own may have such a split.
    return multivariate?.isSplit === false && multivariate.valueForAll === value ? FOR_ALL : RULE;
  }
  if (unit === undefined) return FOR_ALL;
  if (reason !== 'DEFAULT') return UNKNOWN;
  return multivariate?.isSplit === true ? SPLIT : NO_RULE;
}

/** Whether there is no flag at all: what the client gives where it failed and is to give default flags. */
function isFallback({ flags, defaultFlagHandler }: Flags): boolean {
  return defaultFlagHandler !== undefined && Object.keys(flags).length === 0;
}
