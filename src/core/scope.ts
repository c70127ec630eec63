import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, isSpanContextValid, type Span, TraceFlags } from '@opentelemetry/api';
import { countDrop } from './drops.js';
import type { Assignment } from './evaluation.js';
import { type Flag, mixedVariant, type Variant } from './flags.js';
import { MAX_METRIC_FLAGS, MAX_VARIANTS_PER_OPERATION, spanFlagLimit } from './limits.js';
import { getRpcMetadata, type RpcMetadata } from './rpc-metadata.js';

/** What one flag gave within one operation. */
export interface FlagState {
  /** The variant, or `__mixed__` once there were two. */
  variant: Variant;
  readonly assignment: Assignment;
  readonly version: string | undefined;
  /** Evaluations. */
  count: number;
  /** Every variant it gave; each gets one log record. */
  readonly seen: Variant[];
}

/** What an evaluation changed in its scope. */
export type Change = 'repeated' | 'new' | 'refused';

/** The evaluations of one operation. */
export class Scope {
  /** When the operation began, as `performance.now()` tells it. */
  readonly startMs: number = performance.now();
  readonly span: Span | undefined;
  readonly rpc: RpcMetadata | undefined;
  /** By key, so that a flag past the metrics' limit, which has an object per evaluation, is one flag here. */
  readonly flags: Map<string, FlagState> = new Map();
  /** `feature_flags.<key>` -> variant, for spans and log records made from now on. */
  readonly attributes: Map<string, string> = new Map();
  ended = false;
  readonly #spanFlags: number;

  constructor(span: Span | undefined, rpc: RpcMetadata | undefined) {
    this.span = span;
    this.rpc = rpc;
    this.#spanFlags = spanFlagLimit(span ?? this);
  }

  /** Adds one evaluation, and writes the entry span's attribute where the variant is new. */
  add(variant: Variant, assignment: Assignment, version: string | undefined): Change {
    const state = this.flags.get(variant.flag.key);
    if (state === undefined) {
      if (this.flags.size >= MAX_METRIC_FLAGS) {
        countDrop('metric_flags', () => `one operation evaluated more than ${MAX_METRIC_FLAGS} flags.`);
        return 'refused';
      }
      this.flags.set(variant.flag.key, { variant, assignment, version, count: 1, seen: [variant] });
      this.#write(variant.flag, variant.name);
      return 'new';
    }
    state.count += 1;
    if (state.variant === variant || state.variant.name === variant.name) return 'repeated';
    const mixed = mixedVariant(variant.flag);
    if (state.variant !== mixed) {
      state.variant = mixed;
      this.#write(variant.flag, mixed.name);
    }
    if (state.seen.some((seen) => seen.name === variant.name)) return 'repeated';
    if (state.seen.length >= MAX_VARIANTS_PER_OPERATION) return 'refused';
    state.seen.push(variant);
    return 'new';
  }

  #write(flag: Flag, value: string | undefined): void {
    if (value === undefined) return;
    if (!this.attributes.has(flag.attributeName) && this.attributes.size >= this.#spanFlags) {
      countDrop(
        'span_flags',
        () => `a span holds ${this.#spanFlags} flags; "${flag.key}" is left out of it, but measured.`,
      );
      return;
    }
    this.attributes.set(flag.attributeName, value);
    this.span?.setAttribute(flag.attributeName, value);
  }
}

// Telltale's own storage: without an SDK OpenTelemetry has no context manager and keeps nothing.
const storage = new AsyncLocalStorage<Scope>();

// The metadata object is the same in the context that `instrumentation-http` bound the response to, which no
// middleware can write to.
const byRpc = new WeakMap<RpcMetadata, Scope>();

/** Runs `fn` so that evaluations in it, and in what it starts, belong to `scope`. */
export function runInScope(scope: Scope, fn: () => void): void {
  storage.run(scope, fn);
}

/** The scope that is running, ended or not; no look at OpenTelemetry's context. */
export function storedScope(): Scope | undefined {
  return storage.getStore();
}

/** The scope of a request that an HTTP instrumentation knows. */
export function scopeOfRpc(rpc: RpcMetadata): Scope {
  const known = byRpc.get(rpc);
  if (known !== undefined) return known;
  const scope = new Scope(rpc.span, rpc);
  byRpc.set(rpc, scope);
  return scope;
}

/**
 * The scope that something happening now belongs to. Where no middleware made one, or the stored one is over
 * because the connection's next request inherited it, or is of another request because a pool's worker was started
 * in that one, the request's metadata decides: instrumentations bind callbacks to OpenTelemetry's context.
 */
export function currentScope(): Scope | undefined {
  const stored = storage.getStore();
  const rpc = getRpcMetadata(context.active());
  return isOfAnother(stored, rpc) ? scopeOfRpc(rpc) : stored;
}

/** As {@link currentScope} for a given context, without making a scope where there is none yet. */
export function peekScope(active: Context): Scope | undefined {
  const stored = storage.getStore();
  const rpc = getRpcMetadata(active);
  return isOfAnother(stored, rpc) ? byRpc.get(rpc) : stored;
}

function isOfAnother(stored: Scope | undefined, rpc: RpcMetadata | undefined): rpc is RpcMetadata {
  if (rpc === undefined || stored?.rpc === rpc) return false;
  return stored === undefined || stored.ended || stored.rpc !== undefined;
}

/** Whether a span is known not to be exported. No span, or one of no tracer, is not. */
export function isUnsampled(span: Span | undefined): boolean {
  if (span === undefined) return false;
  const spanContext = span.spanContext();
  return isSpanContextValid(spanContext) && (spanContext.traceFlags & TraceFlags.SAMPLED) === 0;
}
