import { AsyncLocalStorage } from 'node:async_hooks';
import { createHiddenField } from '../core/mark.js';
import { storedScope } from '../core/scope.js';
import { CACHED, type Cause, NAMED } from './causes.js';

/** The SDK runs the application's `decide`, and does not know why it decides so. */
/** Decided before: earlier in the request, or by the middleware that chose a precomputed page. */

/** A decision, and what `decide` was given for it. */
export interface Decision {
  readonly cause: Cause;
  readonly params: unknown;
  readonly error: unknown;
}

export const BEFORE: Decision = { cause: CACHED, params: undefined, error: undefined };
const OVERRIDE: Decision = { cause: NAMED, params: undefined, error: undefined };

/** What the SDK does of one flag. */
interface Call {
  /** The last decision, until a result is written with it; calls at once share one, as they share its result. */
  decision: Decision | undefined;
  isWritten: boolean;
}

/** What the SDK does in an operation, or outside of any in one call of the application. */
export class Calls {
  readonly #byKey = new Map<string, Call>();
  /** Headers and cookies, by which the SDK identifies. */
  request: unknown;

  of(key: string): Call {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made: Call = { decision: undefined, isWritten: false };
    this.#byKey.set(key, made);
    return made;
  }
}

// Operations have them themselves: to run each call in a storage of its own would cost more than all else.
const ofScope = createHiddenField<Calls>();
const outside = new AsyncLocalStorage<Calls>();

/** Calls the SDK, with a place for what it does. */
export function withCalls<T>(fn: (calls: Calls) => T): T {
  const calls = currentCalls();
  if (calls !== undefined) return fn(calls);
  const own = new Calls();
  return outside.run(own, () => fn(own));
}

function currentCalls(): Calls | undefined {
  const scope = storedScope();
  if (scope === undefined) return outside.getStore();
  const known = ofScope.get(scope);
  if (known !== undefined) return known;
  const made = new Calls();
  ofScope.set(scope, made);
  return made;
}

/** Remembers what the SDK identifies by. */
export function noteRequest(request: unknown): void {
  const calls = currentCalls();
  if (calls !== undefined) calls.request = request;
}

/** Remembers a decision, for the result that comes of it. */
export function noteDecision(key: string, params: unknown, cause: Cause, error?: unknown): void {
  const call = currentCalls()?.of(key);
  if (call !== undefined) call.decision = { cause, params, error };
}

/** Remembers that a flag was written. */
export function noteWritten(key: string): void {
  const call = currentCalls()?.of(key);
  if (call !== undefined) call.isWritten = true;
}

/** How a result came about, which is told once. */
export function takeDecision(calls: Calls, key: string): Decision {
  const call = calls.of(key);
  const { decision, isWritten } = call;
  call.decision = undefined;
  call.isWritten = true;
  return decision ?? (isWritten || !hasOverrides(calls.request) ? BEFORE : OVERRIDE);
}

/**
 * Whether the request has the cookie of Vercel's toolbar. The SDK keeps what it says to itself; but then a flag that was
 * not decided in the operation is one that it overrides.
 */
function hasOverrides(request: unknown): boolean {
  const cookies = objectIn(request, 'cookies') as { get?(name: string): unknown } | undefined;
  return cookies?.get?.('vercel-flag-overrides') !== undefined;
}

export function objectIn(holder: unknown, name: string): object | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'object' && value !== null ? value : undefined;
}
