import type { IncomingMessage, ServerResponse } from 'node:http';
import { takeFault } from '../core/faults.js';
import { runInScope, type Scope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { enterRequest } from './request-operation.js';
import { routeOr, runRequest } from './request-run.js';

/** What `node:http` calls for each request. */
type Listener<Request, Response, Result> = (request: Request, response: Response) => Result;

/**
 * Makes every request of a `node:http` server an operation: flags evaluated in it are written on the request's
 * SERVER span, and its duration and outcome are recorded for each of them when the response closes. There is no
 * `http.route`, unless an instrumentation knows one. It changes neither request nor response, but for the
 * request's events, which run in its scope.
 *
 * @param handler The server's request listener. What it throws is rethrown; where it returns a promise, so does
 * what is made of it, and that is rejected with the same error.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { flagObservability } from 'telltale/http';
 *
 * createServer(flagObservability((request, response) => response.end('ok'))).listen(3000);
 * ```
 *
 * @throws TypeError where `handler` is no function, or a variable `TELLTALE_*` is wrong.
 */
export function flagObservability<Request extends IncomingMessage, Response extends ServerResponse, Result>(
  handler: Listener<Request, Response, Result>,
): Listener<Request, Response, Result> {
  if (typeof handler !== 'function') {
    throw new TypeError(
      `flagObservability() takes the request listener, got ${typeof handler}: ` +
        'write createServer(flagObservability((request, response) => { ... })).',
    );
  }
  settings();
  return function flagObservabilityListener(this: unknown, request: Request, response: Response): Result {
    const scope = enterRequest('the request listener', request, response, NO_ROUTE);
    if (scope !== undefined) keepInEvents(request, scope);
    return runRequest(request, scope, () => handler.call(this, request, response));
  };
}

const NO_ROUTE = routeOr(() => undefined);

/**
 * Most bodies are read by listeners, and Node calls those from the connection, which is in no request's scope.
 * Frameworks' body parsers see to that themselves.
 */
function keepInEvents(request: IncomingMessage, scope: Scope): void {
  try {
    const { emit } = request;
    request.emit = (...args: unknown[]) => runInScope(scope, () => Reflect.apply(emit, request, args));
  } catch (error) {
    takeFault('the request listener', error);
  }
}
