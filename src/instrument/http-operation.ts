import type { Attributes } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import { MAX_TEXT_LENGTH } from '../core/limits.js';
import type { Scope } from '../core/scope.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_TELLTALE_OUTCOME,
  ERROR_TYPE_OTHER,
  OUTCOME_ABORTED,
  OVERFLOW,
} from '../core/semconv.js';
import { endOperation } from './operation.js';
import type { OperationShape } from './operation-durations.js';
import { spanErrorType } from './span-error.js';

/** How an HTTP request ended, in no framework's words. The class of an exception goes into the scope. */
export interface HttpEnd {
  readonly method: string | undefined;
  /** The route's pattern, where it is certain. */
  readonly route: string | undefined;
  /** Status of the response, where one was sent. */
  readonly statusCode: number | undefined;
  /** Name of the error that broke the response off. */
  readonly errorName: string | undefined;
  /** Whether the client went away before the response was complete. */
  readonly aborted: boolean;
  /** Whether the response was an event stream, whose duration is the client's choice. */
  readonly eventStream: boolean;
}

// As `instrumentation-http` has them.
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

/** Ends the operation of an HTTP request; see {@link endOperation}. */
export function endHttpOperation(scope: Scope, end: HttpEnd): void {
  endOperation(scope, () => {
    if (end.eventStream) {
      countDrop('event_stream', () => 'an event stream has no duration; left out.');
      return undefined;
    }
    const error = errorType(scope, end);
    const isAborted = end.aborted && error === undefined;
    return { shape: knownShape(end, error, isAborted), errorType: error, route: end.route, isAborted };
  });
}

/**
 * `error.type` as `http.server.request.duration` has it, and where the application marked the entry span as
 * failed. A client that goes away is not a fault of the variant.
 */
function errorType(scope: Scope, end: HttpEnd): string | undefined {
  if (end.errorName !== undefined) return end.errorName.slice(0, MAX_TEXT_LENGTH) || ERROR_TYPE_OTHER;
  if (end.aborted) return undefined;
  if (end.statusCode !== undefined && end.statusCode >= 500) return String(end.statusCode);
  return spanErrorType(scope.span);
}

interface KnownShape {
  readonly method: string | undefined;
  readonly statusCode: number | undefined;
  readonly error: string | undefined;
  readonly aborted: boolean;
  readonly shape: OperationShape;
}

/** Routes whose last shape is remembered; a limit, because an instrumentation may write paths as routes. */
const MAX_KNOWN_ROUTES = 512;

// Most requests of a route end as the one before, and making a shape costs more than recording it.
const knownShapes = new Map<string | undefined, KnownShape>();

function knownShape(end: HttpEnd, error: string | undefined, aborted: boolean): OperationShape {
  const { method, statusCode, route } = end;
  const known = knownShapes.get(route);
  if (
    known?.method === method &&
    known?.statusCode === statusCode &&
    known?.error === error &&
    known?.aborted === aborted
  ) {
    return known.shape;
  }
  const shape = httpShape(end, error, aborted);
  if (known !== undefined || knownShapes.size < MAX_KNOWN_ROUTES) {
    knownShapes.set(route, { method, statusCode, error, aborted, shape });
  }
  return shape;
}

function httpShape(end: HttpEnd, error: string | undefined, aborted: boolean): OperationShape {
  const method = normalizeMethod(end.method);
  const attributes: Attributes = { [ATTR_HTTP_REQUEST_METHOD]: method };
  if (end.statusCode !== undefined) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = end.statusCode;
  if (error !== undefined) attributes[ATTR_ERROR_TYPE] = error;
  if (aborted) attributes[ATTR_TELLTALE_OUTCOME] = OUTCOME_ABORTED;
  // Lengths keep two different operations from ever having one id, whatever an error is called.
  const id = `${method} ${end.statusCode ?? ''} ${aborted} ${error === undefined ? '' : `${error.length} ${error}`}`;
  if (end.route === undefined) return { id, attributes };
  return {
    id: `${id} ${end.route}`,
    attributes: { ...attributes, [ATTR_HTTP_ROUTE]: end.route },
    foldRoute: () => ({
      id: `${id} ${OVERFLOW}`,
      attributes: { ...attributes, [ATTR_HTTP_ROUTE]: OVERFLOW },
    }),
  };
}

function normalizeMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  const upper = method.toUpperCase();
  return KNOWN_METHODS.has(upper) ? upper : ERROR_TYPE_OTHER;
}
