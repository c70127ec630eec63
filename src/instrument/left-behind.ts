import type { Scope } from '../core/scope.js';

/**
 * Whether what happens now has nothing to do any more with the operation it inherited. After its end, what is still
 * of its trace is work it left running, and is worth telling by variant; a timer or a pool that it happened to
 * start would else have its variants for ever.
 *
 * @param traceId The trace that the span or log record belongs to, if any.
 */
export function isLeftBehind(scope: Scope, traceId: string | undefined): boolean {
  return scope.ended && (traceId === undefined || traceId !== scope.span?.spanContext().traceId);
}
