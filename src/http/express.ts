import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { runInScope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { enterExpressRequest } from './express-request.js';

/**
 * Express middleware (4 and 5) that makes every request an operation: flags evaluated in it are written on the
 * request's SERVER span, and its duration and outcome are recorded for each of them when the response closes. Add
 * it first. It never changes a request or response, never throws into one, and works the same for unsampled
 * requests, but for an error that is set on the entry span alone, which an unsampled span cannot keep.
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
  if (unexpected.length > 0) {
    // As `app.use(flagObservability)` calls it, which would leave every request without an answer.
    throw new TypeError('flagObservability() makes the middleware: write app.use(flagObservability()).');
  }
  // What is wrong in the environment is said at start.
  settings();
  return function flagObservabilityMiddleware(
    request: Request,
    response: Response,
    next: NextFunction,
  ): void {
    const scope = enterExpressRequest('the Express middleware', request, response);
    if (scope === undefined) next();
    else runInScope(scope, next);
  };
}
