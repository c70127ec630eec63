import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { isDisabled, takeFault } from '../core/faults.js';
import { runInScope, Scope } from '../core/scope.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_TELLTALE_OPERATION_NAME,
  ERROR_TYPE_OTHER,
  OVERFLOW,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';
import { attachInstruments } from './instruments.js';
import { endOperation } from './operation.js';
import type { OperationShape } from './operation-durations.js';

/** An operation in progress. */
interface Run {
  readonly scope: Scope;
  /** The span it made, and has to end; none where a consumer's instrumentation made the entry span. */
  readonly span: Span | undefined;
}

/**
 * Runs a job or the handling of a message as an operation: flags evaluated in it are written on its span, and its
 * duration and outcome are recorded for each of them under `telltale.operation.name`. Where a messaging
 * instrumentation has a CONSUMER span active, that is the operation's span; else it makes one. An operation begun
 * within another is one of its own.
 *
 * @param name What kind of work it is, from a small set of names: `send-invoices`, never an id.
 * @param fn The work. It ends when `fn` returns, or when the promise it returned is settled; it failed where either
 * throws.
 * @returns What `fn` returns.
 * @throws What `fn` throws, and TypeError where `name` is no text or `fn` no function.
 *
 * @example
 * ```ts
 * import { run } from 'telltale';
 *
 * await run('send-invoices', async () => {
 *   // evaluate flags, do the work
 * });
 * ```
 */
export function run<T>(name: string, fn: () => T): T {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`telltale.run: the name has to be a text that is not empty, got ${typeof name}.`);
  }
  if (typeof fn !== 'function') {
    throw new TypeError(`telltale.run: expected a function after the name, got ${typeof fn}.`);
  }
  const capped = name.slice(0, settings().limits.nameLength);
  const started = isDisabled() ? undefined : begin(capped);
  if (started === undefined) return fn();
  let result: T;
  try {
    result = enter(started, fn);
  } catch (error) {
    end(capped, started, error, true);
    throw error;
  }
  if (!isThenable(result)) {
    end(capped, started, undefined, false);
    return result;
  }
  // The caller gets its own promise: one of ours would settle later and hide an unhandled rejection of it.
  result.then(
    () => end(capped, started, undefined, false),
    (error: unknown) => end(capped, started, error, true),
  );
  return result;
}

function enter<T>({ scope, span }: Run, fn: () => T): T {
  const inScope = (): T => runInScope(scope, fn);
  return span === undefined ? inScope() : context.with(trace.setSpan(context.active(), span), inScope);
}

function begin(name: string): Run | undefined {
  try {
    attachInstruments();
    const active = trace.getActiveSpan();
    if (isConsumer(active)) return { scope: new Scope(active, undefined), span: undefined };
    const span = trace.getTracer(SCOPE_NAME, VERSION).startSpan(name);
    return { scope: new Scope(span, undefined), span };
  } catch (error) {
    takeFault('telltale.run', error);
    return undefined;
  }
}

function isConsumer(span: Span | undefined): span is Span {
  return span !== undefined && 'kind' in span && span.kind === SpanKind.CONSUMER;
}

function end(name: string, { scope, span }: Run, error: unknown, hasFailed: boolean): void {
  try {
    const errorType = hasFailed ? nameOf(error) : undefined;
    if (errorType !== undefined) scope.exceptionType ??= errorType;
    if (span !== undefined) {
      if (errorType !== undefined) {
        span.setAttribute(ATTR_ERROR_TYPE, errorType);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    }
    if (isDisabled()) return;
    endOperation(scope, () => ({
      shape: runShape(name, errorType),
      errorType,
      route: undefined,
      isAborted: false,
    }));
  } catch (fault) {
    takeFault("the operation's end", fault);
  }
}

function runShape(name: string, errorType: string | undefined): OperationShape {
  const attributes: Attributes = { [ATTR_TELLTALE_OPERATION_NAME]: name };
  if (errorType !== undefined) attributes[ATTR_ERROR_TYPE] = errorType;
  // No HTTP operation's id begins so; the length keeps names with spaces apart from errors.
  const id = `run ${name.length} ${name} ${errorType ?? ''}`;
  return name === OVERFLOW
    ? { id, attributes }
    : { id, attributes, foldRoute: () => runShape(OVERFLOW, errorType) };
}

function nameOf(error: unknown): string {
  return (error instanceof Error ? error.name : typeof error) || ERROR_TYPE_OTHER;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
