import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scope } from '../core/scope.js';
import { expressRoute, type RoutedRequest } from './express-route.js';
import { enterRequest } from './request-operation.js';

/** A request as it reaches an application of Express. */
export type ExpressRequest = IncomingMessage & RoutedRequest;

/**
 * Makes a request that Express serves an operation, with Express's route.
 *
 * @param where Who asks, for diagnostics.
 * @param app The application that the request came into first, as far as is known.
 * @returns The scope to run the request in, or `undefined` where it already runs in it or gets none.
 */
export function enterExpressRequest(
  where: string,
  request: ExpressRequest,
  response: ServerResponse,
  app: unknown,
): Scope | undefined {
  return enterRequest(where, request, response, ({ rpc }) => expressRoute(request, app, rpc));
}
