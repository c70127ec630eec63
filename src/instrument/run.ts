import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { nameOf } from '../core/error-name.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { type Failure, observed } from '../core/observed.js';
import { runInScope, Scope } from '../core/scope.js';
import { ATTR_ERROR_TYPE, ATTR_TELLTALE_OPERATION_NAME, OVERFLOW } from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';
import { attachInstruments } from './instruments.js';
import { endOperation } from './operation.js';
import type { OperationShape } from './operation-durations.js';
import { spanErrorType } from './span-error.js';

const PART = 'telltale.run';

/** An operation in progress. */
interface Run {
  readonly name: string;
  readonly scope: Scope;
  /** The span it made, and has to end; none where a consumer's instrumentation made the entry span. */
  readonly span: Span | undefined;
  /** The context with that span. */
  readonly active: Context | undefined;
}

/**
 * Runs a job or the handling of a message as an operation: flags evaluated in it are written on its span, and its
 * duration and outcome are recorded for each of them under `telltale.operation.name`. Where a messaging
 * instrumentation has a CONSUMER span active, that is the operation's span; else it makes one. An operation begun
 * within another is one of its own, with a span of its own.
 *
 * @param name What kind of work it is, from a small set of names: `send-invoices`, never an id.
 * @param fn The work. It ends when `fn` returns, or when the promise it returned is settled; it failed where either
 * throws.
 * @returns What `fn` returns; for a promise, one that is settled the same way.
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
    throw new TypeError(
      `telltale.run: the name has to be a text that is not empty, as in run('send-invoice', fn), got ${typeof name}.`,
    );
  }
  if (typeof fn !== 'function') {
    throw new TypeError(`telltale.run: expected a function after the name, got ${typeof fn}.`);
  }
  const started = isDisabled(PART) ? undefined : begin(name);
  if (started === undefined) return fn();
  return enter(started, () => observed(fn, (failure) => end(started, failure)));
}

function enter<T>({ scope, active }: Run, work: () => T): T {
  const inScope = (): T => runInScope(scope, work);
  return active === undefined ? inScope() : context.with(active, inScope);
}

// Each is the entry span of one operation: a batch has one CONSUMER span for all its messages, and work within
// work finds that of the outer one.
const entrySpans = new WeakSet<Span>();

function begin(given: string): Run | undefined {
  try {
    const name = given.slice(0, settings().limits.nameLength);
    attachInstruments();
    const outer = trace.getActiveSpan();
    if (isConsumer(outer) && !entrySpans.has(outer)) {
      entrySpans.add(outer);
      return { name, scope: new Scope(outer, undefined), span: undefined, active: undefined };
    }
    // In a scope of its own: the outer operation's variants are not this one's.
    const span = runInScope(new Scope(undefined, undefined), () =>
      trace.getTracer(SCOPE_NAME, VERSION).startSpan(name),
    );
    return { name, scope: new Scope(span, undefined), span, active: trace.setSpan(context.active(), span) };
  } catch (error) {
    takeFault(PART, error);
    return undefined;
  }
}

function isConsumer(span: Span | undefined): span is Span {
  return span !== undefined && 'kind' in span && span.kind === SpanKind.CONSUMER;
}

function end({ name, scope, span }: Run, failure: Failure | undefined): void {
  try {
    const exceptionType = failure === undefined ? undefined : nameOf(failure.error);
    if (!isDisabled(PART)) endMeasured(name, scope, exceptionType);
    if (span !== undefined) endSpan(span, exceptionType);
  } catch (fault) {
    takeFault(PART, fault);
  }
}

function endMeasured(name: string, scope: Scope, exceptionType: string | undefined): void {
  try {
    scope.exceptionType ??= exceptionType;
    const errorType = exceptionType ?? spanErrorType(scope.span);
    endOperation(scope, () => ({
      shape: runShape(name, errorType),
      errorType,
      route: undefined,
      isAborted: false,
    }));
  } catch (fault) {
    takeFault(PART, fault);
  }
}

function endSpan(span: Span, exceptionType: string | undefined): void {
  try {
    if (exceptionType === undefined) return;
    span.setAttribute(ATTR_ERROR_TYPE, exceptionType);
    span.setStatus({ code: SpanStatusCode.ERROR });
  } finally {
    span.end();
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
