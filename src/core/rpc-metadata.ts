import { type Context, createContextKey, type Span } from '@opentelemetry/api';

/**
 * What `instrumentation-http` keeps about the request in progress: the entry span and, once a framework's
 * instrumentation knows it, the route. The object itself is one per request, so it also serves as a key.
 */
export interface RpcMetadata {
  readonly type: string;
  readonly span: Span;
  route?: string;
}

// `@opentelemetry/core` owns this key, but depending on it would bring a second dependency into every
// application, and possibly a second copy. A context key is `Symbol.for(description)`, so the same description
// is the same key; a test against the real package pins that.
const RPC_METADATA_KEY = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/** The metadata of the request that `context` belongs to, if an HTTP instrumentation put it there. */
export function getRpcMetadata(context: Context): RpcMetadata | undefined {
  const value = context.getValue(RPC_METADATA_KEY);
  return isRpcMetadata(value) ? value : undefined;
}

/** Whether `context` belongs to the request of `metadata`; cheaper than to look at what it holds. */
export function isOfRpc(context: Context, metadata: RpcMetadata): boolean {
  return context.getValue(RPC_METADATA_KEY) === metadata;
}

function isRpcMetadata(value: unknown): value is RpcMetadata {
  return typeof value === 'object' && value !== null && 'span' in value && isSpan(value.span);
}

function isSpan(value: unknown): value is Span {
  return typeof value === 'object' && value !== null && 'spanContext' in value;
}
