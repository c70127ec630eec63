import { FAILED, NO_RULE, UNKNOWN } from './causes.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';
import { noteDecision, noteRequest } from './vercel-flags-calls.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** Called for each flag that an adapter decided, or failed to decide, together with others. May not throw. */
export type BulkDecision = (key: string, params: unknown, value: unknown, error: unknown) => void;

/** What a flag is declared with, as far as it is looked at. */
export interface Declaration {
  readonly key: string;
  readonly decide?: unknown;
  readonly identify?: unknown;
  readonly adapter?: unknown;
}

/** A declaration that tells what is decided. */
export interface ObservedDeclaration {
  readonly declaration: Declaration;
  /** Whether `evaluate` asks the adapter, and not the flag. */
  readonly isBulk: boolean;
}

const observedAdapters = new WeakSet<object>();
const observedIdentifies = new WeakMap<Callable, Callable>();

/** A declaration that tells what is decided, and for which request; `undefined` where it cannot be made to tell. */
export function observedDeclaration(
  declaration: Declaration,
  onBulkDecision: BulkDecision,
): ObservedDeclaration | undefined {
  const { key, decide } = declaration;
  // As the SDK does; an adapter of a factory's second call would be another.
  const adapter: unknown =
    typeof declaration.adapter === 'function' ? declaration.adapter() : declaration.adapter;
  const decideOfAdapter = memberOf(adapter, 'decide');
  if (typeof (decide ?? decideOfAdapter) !== 'function') return undefined;
  const observed = {
    ...declaration,
    ...(adapter === undefined ? {} : { adapter }),
    identify: observedIdentify(declaration.identify, adapter),
  };
  if (decide === undefined && typeof memberOf(adapter, 'bulkDecide') === 'function') {
    if (!observeAdapter(adapter as object, onBulkDecision)) return undefined;
    return { declaration: observed, isBulk: memberOf(adapter, 'adapterId') !== undefined };
  }
  const ofAdapter = (params: object): unknown =>
    Reflect.apply(decideOfAdapter as Callable, adapter, [{ key, ...params }]);
  const deciding = { ...observed, decide: decide ?? ofAdapter };
  observeMethods(deciding, { decide: decisionObserver(() => key) });
  return { declaration: deciding, isBulk: false };
}

function decisionObserver(keyOf: (params: unknown) => string): MethodObserver {
  return {
    returned: ({ 0: params }, value) =>
      noteDecision(keyOf(params), params, value === undefined ? NO_RULE : UNKNOWN),
    failed: ({ 0: params }, error) => noteDecision(keyOf(params), params, FAILED, error),
  };
}

/**
 * Observes an adapter itself, because for several flags at once the SDK calls none of them.
 *
 * @returns Whether it is observed, which a frozen one cannot be.
 */
function observeAdapter(adapter: object, onBulkDecision: BulkDecision): boolean {
  if (observedAdapters.has(adapter)) return true;
  if (!Object.isExtensible(adapter)) return false;
  observedAdapters.add(adapter);
  const keyOf = (flag: unknown): string => String(memberOf(flag, 'key'));
  const decided = (params: unknown, values: unknown, error?: unknown): void => {
    const flags = memberOf(params, 'flags');
    for (const key of Array.isArray(flags) ? flags.map(keyOf) : []) {
      onBulkDecision(key, params, memberOf(values, key), error);
    }
  };
  observeMethods(adapter, {
    decide: decisionObserver(keyOf),
    bulkDecide: {
      returned: ([params], values) => decided(params, values),
      failed: ([params], error) => decided(params, undefined, error),
    },
  });
  return true;
}

function memberOf(holder: unknown, name: string): unknown {
  return Reflect.get(Object(holder), name);
}

/**
 * What identifies, so that every evaluation tells which request it is for. The SDK asks once for flags that share it, so
 * theirs is shared too, and those without any share one.
 */
export function observedIdentify(identify: unknown, adapter?: unknown): unknown {
  if (typeof identify === 'function') return shared(identify as Callable);
  if (identify !== undefined && identify !== null) return identify;
  const ofAdapter = memberOf(adapter, 'identify');
  if (typeof ofAdapter !== 'function') return identifyNobody;
  const bound: Callable = (params) => ofAdapter.call(adapter, params);
  // A class has the method for all its instances, and it may lean on its own.
  return Object.hasOwn(Object(adapter), 'identify') ? shared(ofAdapter as Callable, bound) : noting(bound);
}

function shared(identify: Callable, call: Callable = identify): Callable {
  const known = observedIdentifies.get(identify) ?? noting(call);
  observedIdentifies.set(identify, known);
  return known;
}

function noting(identify: Callable): Callable {
  return function (params) {
    noteRequest(params);
    return identify.call(this, params);
  };
}

const identifyNobody = noting(() => undefined);
