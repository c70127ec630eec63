import { EventEmitter, errorMonitor } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { nameOf } from '../core/error-name.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { createHiddenField } from '../core/mark.js';
import { receiveFlags } from '../core/propagation-slot.js';
import { getRpcMetadata } from '../core/rpc-metadata.js';
import { Scope, scopeOfRpc, storedScope } from '../core/scope.js';
import { ERROR_TYPE_OTHER } from '../core/semconv.js';
import { endHttpOperation } from '../instrument/http-operation.js';
import { attachInstruments } from '../instrument/instruments.js';

/** The route's pattern as the framework knows it once the response has closed; `undefined` where it is uncertain. */
export type RouteOf = (scope: Scope) => string | undefined;

// By request, not by the running scope: a connection's next request may inherit that, and a second registration
// of a middleware, in a router or with the context lost in between, has to find the first one's.
const scopes = createHiddenField<Scope>();

/**
 * Makes a request an operation that ends when its response closes.
 *
 * @param where The middleware, a part that faults turn off by itself.
 * @returns The scope to run the request in, or `undefined` where it already runs in it or gets none.
 */
export function enterRequest(
  where: string,
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: RouteOf,
): Scope | undefined {
  if (isDisabled(where) || isUpgrade(request)) return undefined;
  try {
    const known = scopes.get(request);
    if (known !== undefined) return storedScope() === known ? undefined : known;
    const scope = createScope();
    scopes.set(request, scope);
    attachInstruments();
    receiveFlags(scope, request.headers);
    observe(where, request, response, scope, routeOf);
    return scope;
  } catch (error) {
    takeFault(where, error);
    return undefined;
  }
}

/** The scope of a request that a middleware has seen. */
export function scopeOfRequest(request: IncomingMessage): Scope | undefined {
  return scopes.get(request);
}

/** Remembers the class of the exception that fails a request; the first one counts. */
export function noteException(request: IncomingMessage, error: unknown): void {
  try {
    const scope = scopes.get(request);
    if (scope !== undefined) scope.exceptionType ??= nameOf(error);
  } catch (fault) {
    takeFault('an error handler', fault);
  }
}

/**
 * Node tells by this field, which its types leave out. Plugins for WebSockets send the upgrade through the
 * application's routes, and such a connection ends hours later or never.
 */
function isUpgrade(request: IncomingMessage & { readonly upgrade?: unknown }): boolean {
  return request.upgrade === true;
}

function createScope(): Scope {
  const active = context.active();
  const rpc = getRpcMetadata(active);
  if (rpc !== undefined) {
    // In Express the active span is that of a middleware or handler, which ends after the entry span.
    const scope = scopeOfRpc(rpc);
    if (!scope.isTaken) {
      scope.isTaken = true;
      return scope;
    }
    // A request made within another one, by Fastify's `inject` for example, runs in the other's context.
    return new Scope(undefined, undefined);
  }
  return new Scope(serverSpan(trace.getSpan(active)), undefined);
}

/** The span, where another instrumentation made it the entry span. The API cannot tell; the SDK's spans can. */
function serverSpan(span: Span | undefined): Span | undefined {
  return span !== undefined && 'kind' in span && span.kind === SpanKind.SERVER ? span : undefined;
}

// Not the response's own: OpenTelemetry's HTTP instrumentation replaces that by one that binds each listener to a
// context, which costs more than all the rest of the middleware, and these need none.
const { on } = EventEmitter.prototype;

function observe(
  where: string,
  request: IncomingMessage,
  response: ServerResponse,
  scope: Scope,
  routeOf: RouteOf,
): void {
  // Read now: method-override and its like rewrite it.
  const { method } = request;
  let errorName: string | undefined;
  // Not `writableFinished`, which responses of HTTP/2 do not have, and which Fastify's `inject` leaves false.
  let hasFinished = false;
  on.call(response, 'finish', () => {
    hasFinished = true;
  });
  // A monitor does not count as a listener, so an unhandled error stays one.
  on.call(response, errorMonitor, (error: unknown) => {
    errorName ??= nameOf(error);
  });
  on.call(response, 'close', () => {
    if (isDisabled(where)) return;
    try {
      // A response that the application broke off, by a source stream that failed for example, is no client gone.
      if (response.errored) errorName ??= nameOf(response.errored);
      if (errorName !== undefined) scope.exceptionType ??= errorName;
      // HTTP/2's responses are told to have finished whatever became of them.
      const brokenOff = !hasFinished || !response.writableEnded;
      // A client that goes ends the connection or resets it; one that the server destroys shows neither. Express
      // does so for an exception after the first byte.
      if (brokenOff && !hasClientLeft(request)) errorName ??= ERROR_TYPE_OTHER;
      endHttpOperation(scope, {
        method,
        route: routeOf(scope),
        statusCode: response.headersSent ? response.statusCode : undefined,
        errorName,
        aborted: brokenOff,
        eventStream: isEventStream(response),
      });
    } catch (error) {
      takeFault(where, error);
    }
  });
}

function hasClientLeft(request: IncomingMessage): boolean {
  // One stream of many on the connection, which tells itself.
  if (request.httpVersionMajor >= 2) return request.aborted;
  const { socket } = request;
  return socket.readableEnded || socket.errored !== null;
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
