import type {
  IAsyncClient,
  IAsyncSDK,
  IBrowserClient,
  IBrowserSDK,
  IClient,
  ISDK,
} from '@splitsoftware/splitio/types/splitio.js';
import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { type Cause, NO_UNIT, NOT_FOUND, NOT_READY, UNKNOWN } from './causes.js';
import {
  attachAdapter,
  type Detach,
  type EvaluationRecordOptions,
  type SdkAdapter,
  type Write,
} from './sdk-adapter.js';
import { hasMethod } from './sdk-kinds.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';
import { CONTROL, causeOf, type Flag } from './split-causes.js';
import { Definitions } from './split-definitions.js';

export type { Detach, EvaluationRecordOptions };

/** A factory of Split, of a server or of a browser. */
export type SplitFactory = ISDK | IAsyncSDK | IBrowserSDK;
/** A client of Split, of a server or of a browser. */
export type SplitClient = IClient | IAsyncClient | IBrowserClient;

const PROVIDER = 'Split';

const PACKAGES = [{ name: '@splitsoftware/splitio', from: '11.8.0', below: 12 }];

const FACTORY: SdkAdapter = {
  caller: 'observeSplit',
  expects: 'a Split factory or client',
  methods: ['client', 'manager'],
  packages: PACKAGES,
};

const CLIENT: SdkAdapter = {
  ...FACTORY,
  methods: [
    'getTreatment',
    'getTreatmentWithConfig',
    'getTreatments',
    'getTreatmentsWithConfig',
    'getTreatmentsByFlagSet',
    'getTreatmentsByFlagSets',
    'getTreatmentsWithConfigByFlagSet',
    'getTreatmentsWithConfigByFlagSets',
  ],
};

/**
 * Observes every evaluation of Split (Harness FME): the attribute `feature_flags.<key>` on the operation's entry
 * span, the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the flag's share in
 * `telltale.operation.duration`. The variant is the treatment.
 *
 * @param split The factory, whose clients are all observed. A client alone does too, but does not know its flags: the
 *   reason is then `unknown`, and there is no version.
 * @returns What stops it.
 * @throws TypeError where `split` is neither, or an option is wrong.
 *
 * @example
 * ```ts
 * import { SplitFactory } from '@splitsoftware/splitio';
 * import { observeSplit } from 'telltale/split';
 *
 * const factory = SplitFactory({ core: { authorizationKey: 'sdk-key' } });
 * observeSplit(factory);
 * ```
 */
export function observeSplit(
  split: SplitFactory | SplitClient,
  options: EvaluationRecordOptions = {},
): Detach {
  if (!isFactory(split)) return observeClient(split, undefined, options);
  return attachAdapter(FACTORY, split, options, (factory) => observeFactory(factory, options));
}

function isFactory(split: unknown): split is SplitFactory {
  return FACTORY.methods.every((method) => hasMethod(split, method));
}

function observeFactory(factory: SplitFactory, options: EvaluationRecordOptions): () => void {
  const main = factory.client();
  const definitions = isReadable(factory, main) ? new Definitions(factory) : undefined;
  const detachers = new Map<unknown, Detach>();
  const observe = (client: SplitClient): void => {
    if (!detachers.has(client)) detachers.set(client, observeClient(client, definitions, options));
  };
  observe(main);
  // In browsers there is a client for each key; elsewhere it is always the same, and asked for at each evaluation.
  const undo = hasBoundKey(main)
    ? observeMethods(factory, { client: { returned: (_, client) => observe(client as SplitClient) } })
    : undefined;
  return () => {
    undo?.();
    for (const detach of detachers.values()) detach();
  };
}

/** Not so in a browser, nor where the flags are in a storage outside the process. */
function isReadable(factory: SplitFactory, main: SplitClient): factory is ISDK {
  return hasMethod(factory, 'getRolloutPlan') && hasMethod(main, 'getStatus');
}

function observeClient(
  client: SplitClient,
  definitions: Definitions | undefined,
  options: EvaluationRecordOptions,
): Detach {
  return attachAdapter(CLIENT, client, options, (it, write) => {
    const one = observerOfOne(it, definitions, write);
    const many = observerOfMany(it, definitions, write);
    return observeMethods(it, {
      getTreatment: one,
      getTreatmentWithConfig: one,
      getTreatments: many,
      getTreatmentsWithConfig: many,
      getTreatmentsByFlagSet: many,
      getTreatmentsByFlagSets: many,
      getTreatmentsWithConfigByFlagSet: many,
      getTreatmentsWithConfigByFlagSets: many,
    });
  });
}

function observerOfOne(
  client: SplitClient,
  definitions: Definitions | undefined,
  write: Write,
): MethodObserver {
  const isBound = hasBoundKey(client);
  return {
    returned: (args, result) =>
      write(() => {
        const key = isBound ? Reflect.get(client, 'key') : args[0];
        const name = textOf(isBound ? args[0] : args[1])?.trim();
        return evaluation(client, definitions, key, name, result);
      }),
  };
}

function observerOfMany(
  client: SplitClient,
  definitions: Definitions | undefined,
  write: Write,
): MethodObserver {
  const isBound = hasBoundKey(client);
  return {
    returned: (args, results) => {
      const key = isBound ? Reflect.get(client, 'key') : args[0];
      for (const [name, result] of Object.entries(Object(results))) {
        write(() => evaluation(client, definitions, key, name, result));
      }
    },
  };
}

/** Clients of a browser have one key for all calls, which then take none. */
function hasBoundKey(client: SplitClient): boolean {
  return Reflect.get(client, 'isClientSide') === true;
}

function evaluation(
  client: SplitClient,
  definitions: Definitions | undefined,
  key: unknown,
  name: string | undefined,
  result: unknown,
): Evaluation | undefined {
  const treatment = textOf(
    typeof result === 'object' && result !== null ? Reflect.get(result, 'treatment') : result,
  );
  if (name === undefined || treatment === undefined) return undefined;
  // Clients of before 11.8 do not tell.
  const { isOperational = true, lastUpdate = 0 } = client.getStatus?.() ?? {};
  const flag = definitions?.get(name, lastUpdate);
  // A key is one text, or one that conditions look at and one that splits are made by; then it has to have both.
  const unit = keyText(isPair(key) ? Reflect.get(key, 'bucketingKey') : key);
  const matchingKey = isPair(key) ? unit && keyText(Reflect.get(key, 'matchingKey')) : unit;
  const { reason, assignment, errorType } = isOperational
    ? causeOfResult(flag, definitions !== undefined, treatment, matchingKey)
    : NOT_READY;
  return {
    key: name,
    variant: treatment,
    reason,
    assignment,
    provider: PROVIDER,
    setId: undefined,
    version: flag?.version,
    errorType,
    errorMessage: undefined,
    value: result,
    targetingKey: unit,
  };
}

/** @param isKnown Whether every flag has a definition. */
function causeOfResult(
  flag: Flag | undefined,
  isKnown: boolean,
  treatment: string,
  key: string | undefined,
): Cause {
  if (key === undefined) return NO_UNIT;
  if (flag !== undefined) return causeOf(flag, treatment, key);
  return isKnown || treatment === CONTROL ? NOT_FOUND : UNKNOWN;
}

function isPair(key: unknown): key is object {
  return typeof key === 'object' && key !== null;
}

/** As Split reads it. */
function keyText(key: unknown): string | undefined {
  return textOf(key)?.trim() || undefined;
}
