import { AsyncLocalStorage } from 'node:async_hooks';
import type { Evaluation } from '../core/evaluation.js';
import { capped, textOf } from '../core/words.js';
import { type Cause, FAILED, NO_RULE, UNKNOWN } from './causes.js';
import type { Write } from './sdk-adapter.js';
import { BEFORE, type Calls, noteWritten, takeDecision, withCalls } from './vercel-flags-calls.js';
import {
  type BulkDecision,
  type Declaration,
  observedDeclaration,
  observedIdentify,
} from './vercel-flags-declaration.js';
import { type Options, optionsOf, unitOf, variantOf } from './vercel-flags-result.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** A declared flag: the function that gives its value. */
interface FlagFunction extends Callable {
  readonly key: string;
  readonly options?: unknown;
  readonly defaultValue?: unknown;
  readonly origin?: unknown;
}

/** What is known of a declared flag. */
interface Flag {
  readonly key: string;
  readonly options: Options;
  readonly defaultValue: unknown;
  readonly setId: string | undefined;
  /** Whether `evaluate` asks its adapter, and not the flag. */
  readonly isBulk: boolean;
}

const PROVIDER = 'Vercel Flags SDK';

/** The flags that one call of `evaluate` had decided, which are written by then. */
const decidedTogether = new AsyncLocalStorage<Set<string>>();

/** The functions of one module that declare and evaluate. */
export class FlagsObserver {
  readonly #module: object;
  readonly #write: Write;
  /** Flags by key, as adapters name them. */
  readonly #byKey = new Map<string, Flag>();
  /** Flags by what the application has of them. */
  readonly #flags = new WeakMap<object, Flag>();

  constructor(module: object, write: Write) {
    this.#module = module;
    this.#write = write;
  }

  functions(): object {
    const { evaluate, getPrecomputed } = this.#module as Readonly<Record<string, unknown>>;
    return {
      flag: (declaration: unknown, ...more: unknown[]) => this.#declare(declaration, more),
      ...(typeof evaluate === 'function' ? { evaluate: this.#evaluate(evaluate as Callable) } : {}),
      ...(typeof getPrecomputed === 'function'
        ? { getPrecomputed: this.#getPrecomputed(getPrecomputed as Callable) }
        : {}),
    };
  }

  #declare(declaration: unknown, more: readonly unknown[]): unknown {
    const declare: Callable = Reflect.get(this.#module, 'flag');
    const observed =
      typeof declaration === 'object' && declaration !== null
        ? observedDeclaration(declaration as Declaration, this.#onBulkDecision)
        : undefined;
    if (observed === undefined) return declare(declaration, ...more);
    const declared = declare(observed.declaration, ...more) as FlagFunction;
    const flag = toFlag(declared, observed.isBulk);
    this.#byKey.set(flag.key, flag);
    const inPlace = this.#observe(declared, flag);
    this.#flags.set(inPlace, flag);
    return inPlace;
  }

  /** The function in a flag's place, with all that it has. */
  #observe(declared: FlagFunction, flag: Flag): Callable {
    const observer = this;
    const observed: Callable = function (...args) {
      // The code of a precomputed page, and the flags that it is of.
      const isPrecomputed = typeof args[0] === 'string' && Array.isArray(args[1]);
      return withCalls((calls) =>
        observer.#settled(flag, isPrecomputed ? undefined : calls, Reflect.apply(declared, this, args)),
      );
    };
    Object.defineProperties(observed, Object.getOwnPropertyDescriptors(declared));
    const run: unknown = Reflect.get(declared, 'run');
    if (typeof run === 'function') {
      const observedRun: Callable = function (options, ...more) {
        const given = typeof options === 'object' && options !== null ? identified(options) : options;
        return withCalls((calls) =>
          observer.#settled(flag, calls, Reflect.apply(run, this, [given, ...more])),
        );
      };
      Object.defineProperty(observed, 'run', { value: observedRun });
    }
    return observed;
  }

  /** @param calls What the SDK did, unless the value comes from a code. */
  #settled(flag: Flag, calls: Calls | undefined, result: unknown): unknown {
    if (!(result instanceof Promise)) return result;
    return result.then(
      (value: unknown) => {
        this.#write(() => {
          const { cause, params, error } = calls === undefined ? BEFORE : takeDecision(calls, flag.key);
          return toEvaluation(flag, value, cause, params, error);
        });
        return value;
      },
      (error: unknown) => {
        this.#write(() => failedEvaluation(flag, calls && takeDecision(calls, flag.key).params, error));
        throw error;
      },
    );
  }

  #evaluate(evaluate: Callable): Callable {
    return (flags, ...more) =>
      withCalls(async (calls) => {
        const decided = new Set<string>();
        const values = await decidedTogether.run(decided, () => evaluate(flags, ...more));
        for (const [name, given] of Object.entries(Object(flags))) {
          const flag = this.#flagOf(given);
          // The others were called, and have written themselves.
          if (flag === undefined || !flag.isBulk || decided.has(flag.key)) continue;
          this.#write(() => {
            const { cause } = takeDecision(calls, flag.key);
            return toEvaluation(flag, Reflect.get(Object(values), name), cause);
          });
        }
        return values;
      });
  }

  #getPrecomputed(getPrecomputed: Callable): Callable {
    return async (asked, ...more) => {
      const values = await getPrecomputed(asked, ...more);
      const [flags, given] = Array.isArray(asked) ? [asked, Object(values)] : [[asked], [values]];
      for (const [index, one] of flags.entries()) {
        const flag = this.#flagOf(one);
        if (flag !== undefined) this.#write(() => toEvaluation(flag, given[index], BEFORE.cause));
      }
      return values;
    };
  }

  #flagOf(inPlace: unknown): Flag | undefined {
    return typeof inPlace === 'function' ? this.#flags.get(inPlace) : undefined;
  }

  readonly #onBulkDecision: BulkDecision = (key, params, value, error) => {
    const flag = this.#byKey.get(key);
    if (flag === undefined) return;
    decidedTogether.getStore()?.add(key);
    noteWritten(key);
    this.#write(() => {
      const given = value === undefined ? flag.defaultValue : value;
      if (given === undefined) return failedEvaluation(flag, params, error);
      const cause = value === undefined ? NO_RULE : UNKNOWN;
      return toEvaluation(flag, given, error === undefined ? cause : FAILED, params, error);
    });
  };
}

function identified(options: object): object {
  const identify: unknown = Reflect.get(options, 'identify');
  // Entities themselves may stand in its place.
  const observed =
    typeof identify === 'function' ? observedIdentify(identify) : observedIdentify(() => identify);
  return { ...options, identify: observed };
}

function toFlag({ key, options, defaultValue, origin }: FlagFunction, isBulk: boolean): Flag {
  const project = textOf(Reflect.get(Object(origin), 'projectId'));
  const setId = project === undefined ? undefined : capped(project);
  return { key, options: optionsOf(options), defaultValue, setId, isBulk };
}

function toEvaluation(
  flag: Flag,
  value: unknown,
  cause: Cause,
  params?: unknown,
  error?: unknown,
): Evaluation {
  return {
    key: flag.key,
    variant: variantOf(flag.options, value),
    reason: cause.reason,
    assignment: cause.assignment,
    provider: PROVIDER,
    setId: flag.setId,
    version: undefined,
    errorType: cause.errorType,
    errorMessage: error instanceof Error ? textOf(error.message) : undefined,
    value,
    targetingKey: unitOf(params),
  };
}

function failedEvaluation(flag: Flag, params: unknown, error: unknown): Evaluation | undefined {
  return isControlFlow(error) ? undefined : toEvaluation(flag, undefined, FAILED, params, error);
}

/** What Next.js throws to redirect, or to render later: no evaluation took place. */
function isControlFlow(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return '$$typeof' in error || typeof Reflect.get(error, 'digest') === 'string';
}
