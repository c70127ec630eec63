import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';
import { runInScope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { enterExpressRequest } from './express-request.js';
import { hideFromInstrumentation } from './express-span.js';
import { noteException } from './request-operation.js';

/**
 * Express middleware (4 and 5) that makes every request an operation: flags evaluated in it are written on the
 * request's SERVER span, and its duration and outcome are recorded for each of them when the response closes. Add
 * it first. It never changes a request or response, never throws into one, is no span of its own, and works the
 * same for unsampled requests, but for an error that is set on the entry span alone, which an unsampled span cannot
 * keep.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { flagObservability } from 'telltale/express';
 *
 * const app = express();
 * app.use(flagObservability());
 * ```
 *
 * @throws TypeError where it is handed to Express without the call, or a variable `TELLTALE_*` is wrong.
 */
export function flagObservability(...unexpected: never[]): RequestHandler {
  refuseRequest('flagObservability', unexpected);
  // What is wrong in the environment is said at start.
  settings();
  let show: (() => void) | undefined = hideFromInstrumentation(flagObservabilityMiddleware);
  function flagObservabilityMiddleware(request: Request, response: Response, next: NextFunction): void {
    show?.();
    show = undefined;
    const scope = enterExpressRequest('the Express middleware', request, response, request.app);
    if (scope === undefined) next();
    else runInScope(scope, next);
  }
  return flagObservabilityMiddleware;
}

/**
 * Express error middleware (4 and 5) that notes the class of an exception, which a middleware that comes first
 * cannot see, and passes the exception on: the record `telltale.operation.failed` then has `exception.type`. Add it
 * after the routes, before error handlers of your own. An error that one of those answers with a status below 500
 * is no failure.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { flagErrors, flagObservability } from 'telltale/express';
 *
 * const app = express();
 * app.use(flagObservability());
 * app.get('/', () => {
 *   throw new RangeError('sold out');
 * });
 * app.use(flagErrors());
 * ```
 *
 * @throws TypeError where it is handed to Express without the call.
 */
export function flagErrors(...unexpected: never[]): ErrorRequestHandler {
  refuseRequest('flagErrors', unexpected);
  return function flagErrorsMiddleware(
    error: unknown,
    request: Request,
    _response: Response,
    next: NextFunction,
  ): void {
    noteException(request, error);
    next(error);
  };
}

/** As `app.use(flagObservability)` calls it, which would leave every request without an answer. */
function refuseRequest(name: string, given: readonly never[]): void {
  if (given.length === 0) return;
  throw new TypeError(`${name}() makes the middleware: write app.use(${name}()).`);
}
