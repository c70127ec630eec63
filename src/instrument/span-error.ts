import { SpanStatusCode } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ERROR_TYPE_OTHER } from '../core/semconv.js';

/** The API's spans cannot be read; the SDK's can, and unsampled ones have no status. */
interface ReadableStatus {
  readonly status?: { readonly code?: unknown };
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** `error.type` of an operation whose entry span the application marked as failed. */
export function spanErrorType(span: object | undefined): string | undefined {
  const readable = span as ReadableStatus | undefined;
  if (readable?.status?.code !== SpanStatusCode.ERROR) return undefined;
  const type = readable.attributes?.[ATTR_ERROR_TYPE];
  return typeof type === 'string' && type !== '' ? type : ERROR_TYPE_OTHER;
}
