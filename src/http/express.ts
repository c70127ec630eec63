import { errorMonitor } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isDisabled, takeFault } from '../core/faults.js';
import { getRpcMetadata } from '../core/rpc-metadata.js';
import { runInScope, Scope, scopeOfRpc, storedScope } from '../core/scope.js';
import { ERROR_TYPE_OTHER } from '../core/semconv.js';
import { endHttpOperation } from '../instrument/http-operation.js';
import { attachInstruments } from '../instrument/instruments.js';
import { expressRoute, type RoutedRequest } from './express-route.js';

// By request, not by the running scope: a connection's next request may inherit that, and a second registration
// of the middleware, in a router or with the context lost in between, has to find the first one's.
const scopes = new WeakMap<IncomingMessage, Scope>();

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
 * @throws TypeError where it is handed to Express without the call.
 */
export function flagObservability(...unexpected: never[]): RequestHandler {
  if (unexpected.length > 0) {
    // As `app.use(flagObservability)` calls it, which would leave every request without an answer.
    throw new TypeError('flagObservability() makes the middleware: write app.use(flagObservability()).');
  }
  return function flagObservabilityMiddleware(
    request: Request,
    response: Response,
    next: NextFunction,
  ): void {
    const scope = isDisabled() ? undefined : enterScope(request, response);
    if (scope === undefined) next();
    else runInScope(scope, next);
  };
}

/** The scope to run the request in, or `undefined` where it already runs in it or gets none. */
function enterScope(request: Request, response: ServerResponse): Scope | undefined {
  try {
    const known = scopes.get(request);
    if (known !== undefined) return storedScope() === known ? undefined : known;
    const scope = createScope();
    scopes.set(request, scope);
    attachInstruments();
    observe(request, response, scope);
    return scope;
  } catch (error) {
    takeFault('the Express middleware', error);
    return undefined;
  }
}

function createScope(): Scope {
  const active = context.active();
  const rpc = getRpcMetadata(active);
  // In Express the active span is that of a middleware or handler, which ends after the entry span.
  if (rpc !== undefined) return scopeOfRpc(rpc);
  return new Scope(serverSpan(trace.getSpan(active)), undefined);
}

/** The span, where another instrumentation made it the entry span. The API cannot tell; the SDK's spans can. */
function serverSpan(span: Span | undefined): Span | undefined {
  return span !== undefined && 'kind' in span && span.kind === SpanKind.SERVER ? span : undefined;
}

function observe(request: IncomingMessage, response: ServerResponse, scope: Scope): void {
  // Read now: method-override and its like rewrite it.
  const { method } = request;
  let errorName: string | undefined;
  // A monitor does not count as a listener, so an unhandled error stays one.
  response.on(errorMonitor, (error: unknown) => {
    errorName ??= nameOf(error);
  });
  response.on('close', () => {
    if (isDisabled()) return;
    try {
      // A response that the application broke off, by a source stream that failed for example, is no client gone.
      if (response.errored) errorName ??= nameOf(response.errored);
      const brokenOff = response.writableFinished === false;
      // A client that goes ends the connection or resets it; one that the server destroys shows neither. Express
      // does so for an exception after the first byte.
      const { socket } = request;
      const clientLeft = socket.readableEnded || socket.errored !== null;
      if (brokenOff && !clientLeft) errorName ??= ERROR_TYPE_OTHER;
      endHttpOperation(scope, {
        method,
        route: expressRoute(request as RoutedRequest, scope.rpc),
        statusCode: response.headersSent ? response.statusCode : undefined,
        errorName,
        aborted: brokenOff,
        eventStream: isEventStream(response),
      });
    } catch (error) {
      takeFault("the operation's end", error);
    }
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function isEventStream(response: ServerResponse): boolean {
  const type = response.getHeader('content-type') ?? rawContentType(response);
  return typeof type === 'string' && type.trimStart().toLowerCase().startsWith('text/event-stream');
}

/** Headers passed to `writeHead` alone are only in the head as it was sent, which has no public accessor. */
function rawContentType(response: ServerResponse & { readonly _header?: unknown }): string | undefined {
  const head = response._header;
  return typeof head === 'string' ? /^content-type:(.*)$/im.exec(head)?.[1] : undefined;
}
