import type { IncomingMessage } from 'node:http';
import { observed } from '../core/observed.js';
import { runInScope, type Scope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { noteException, type RouteOf } from './request-operation.js';

/**
 * Checks, at start, how a middleware is made and what the environment says.
 *
 * @param given What the maker was called with; frameworks call a maker that was added without the call.
 * @param usage What to write instead.
 * @throws TypeError where it was given anything, or a variable `TELLTALE_*` is wrong.
 */
export function checkMaker(given: readonly unknown[], usage: string): void {
  if (given.length > 0) throw new TypeError(`flagObservability() takes nothing: write ${usage}.`);
  settings();
}

/** Runs the rest of a request in its scope, where it has one, and notes the exception that leaves it. */
export function runRequest<T>(request: IncomingMessage, scope: Scope | undefined, rest: () => T): T {
  const noted = (): T =>
    observed(rest, (failure) => {
      if (failure !== undefined) noteException(request, failure.error);
    });
  return scope === undefined ? noted() : runInScope(scope, noted);
}

/** The route that an instrumentation of the framework found, as the HTTP metrics have it; else the framework's own. */
export function routeOr(own: () => string | undefined): RouteOf {
  return ({ rpc }) => (rpc !== undefined && 'route' in rpc ? rpc.route : own());
}
