import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, isSpanContextValid, type Span, TraceFlags } from '@opentelemetry/api';
import { withoutFlagBaggage } from './baggage-context.js';
import { countDrop } from './drops.js';
import type { Assignment } from './evaluation.js';
import { mixedVariant, type Variant } from './flags.js';
import { type Limits, MAX_VARIANTS_PER_OPERATION, spanFlagLimit } from './limits.js';
import { createHiddenField } from './mark.js';
import { getRpcMetadata, isOfRpc, type RpcMetadata } from './rpc-metadata.js';
import { settings } from './settings.js';
import { Unit } from './unit.js';

/** What one flag gave within one operation. */
export interface FlagState {
  /** The variant, or `__mixed__` once there were two. */
  variant: Variant;
  readonly assignment: Assignment;
  readonly version: string | undefined;
  /** Who it was first evaluated for; an upstream service does not tell. */
  unit: Unit | undefined;
  /** Evaluations in this process; 0 where an upstream service sent it and none followed. */
  count: number;
  /** The first variant it gave in this process. */
  first: Variant | undefined;
  /** Every further one; each variant gets one log record. */
  others: Variant[] | undefined;
  /** Whether it found a place on the entry span. */
  isOnSpan: boolean;
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
  /** The last unit a flag was evaluated for; nearly always the only one of its operation. */
  unit: Unit | undefined;
  /** Class of the exception that failed the operation, where something told. */
  exceptionType: string | undefined;
  ended = false;
  /** Whether a request has it, and will end it. */
  isTaken = false;
  #isUnsampled: boolean | undefined;
  #attributes: Map<string, string> | undefined;
  #onSpan = 0;
  readonly #limits: Limits;
  readonly #spanFlags: number;

  constructor(span: Span | undefined, rpc: RpcMetadata | undefined) {
    this.span = span;
    this.rpc = rpc;
    this.#limits = settings().limits;
    this.#spanFlags = spanFlagLimit(span ?? this, this.#limits.spanFlags);
  }

  /**
   * `feature_flags.<key>` -> variant, for spans and log records made from now on. Made when it is asked for, because
   * many operations have no such span or record after their flags.
   */
  get attributes(): ReadonlyMap<string, string> {
    if (this.#attributes === undefined) {
      this.#attributes = new Map();
      for (const { isOnSpan, variant } of this.flags.values()) {
        if (isOnSpan && variant.name !== undefined) {
          this.#attributes.set(variant.flag.attributeName, variant.name);
        }
      }
    }
    return this.#attributes;
  }

  /** Whether the operation's trace is known not to be exported. A span's identity is fixed, so it is looked at once. */
  get isUnsampled(): boolean {
    this.#isUnsampled ??= isUnsampled(this.span);
    return this.#isUnsampled;
  }

  /**
   * Adds one evaluation, and writes the entry span's attribute where the variant is new.
   *
   * @param targetingKey Who it was evaluated for.
   */
  add(
    variant: Variant,
    assignment: Assignment,
    version: string | undefined,
    targetingKey: string | undefined,
  ): Change {
    const state = this.flags.get(variant.flag.key);
    if (state === undefined) {
      const unit = this.#unitOf(targetingKey);
      return this.#place(createState(variant, assignment, version, unit, 1)) ? 'new' : 'refused';
    }
    state.count += 1;
    if (state.first === undefined) state.unit = this.#unitOf(targetingKey);
    return this.#meet(state, variant);
  }

  /**
   * Adds what an upstream service evaluated, as far as it was told. Evaluated here with the same variant, the flag
   * stays as it came; two variants are `__mixed__`, wherever they come from.
   */
  receive(variant: Variant, assignment: Assignment, version: string | undefined): void {
    const state = this.flags.get(variant.flag.key);
    if (state === undefined) {
      this.#place(createState(variant, assignment, version, undefined, 0));
    } else if (state.variant.name !== variant.name) this.#mix(state);
  }

  #unitOf(targetingKey: string | undefined): Unit | undefined {
    if (targetingKey === undefined) return undefined;
    if (this.unit?.targetingKey !== targetingKey) this.unit = new Unit(targetingKey);
    return this.unit;
  }

  #place(state: FlagState): boolean {
    const { metricFlags } = this.#limits;
    if (this.flags.size >= metricFlags) {
      countDrop('metric_flags', () => `one operation evaluated more than ${metricFlags} flags.`);
      return false;
    }
    this.flags.set(state.variant.flag.key, state);
    this.#write(state);
    return true;
  }

  /** A flag of the scope gave a result again, or for the first time here where it came from upstream. */
  #meet(state: FlagState, variant: Variant): Change {
    if (isNamedBy(state.variant, variant)) {
      state.variant = variant;
      this.#write(state);
    } else if (state.variant.name !== variant.name && !isNamedBy(variant, state.variant)) this.#mix(state);
    if (isSeen(state, variant.name)) return 'repeated';
    if (state.first === undefined) {
      state.first = variant;
      return 'new';
    }
    state.others ??= [];
    if (state.others.length + 1 >= MAX_VARIANTS_PER_OPERATION) return 'refused';
    state.others.push(variant);
    return 'new';
  }

  #mix(state: FlagState): void {
    const mixed = mixedVariant(state.variant.flag);
    if (state.variant === mixed) return;
    state.variant = mixed;
    this.#write(state);
  }

  #write(state: FlagState): void {
    const { flag, name } = state.variant;
    if (name === undefined) return;
    if (!state.isOnSpan && this.#onSpan >= this.#spanFlags) {
      countDrop(
        'span_flags',
        () => `a span holds ${this.#spanFlags} flags; "${flag.key}" is left out of it, but measured.`,
      );
      return;
    }
    if (!state.isOnSpan) this.#onSpan += 1;
    state.isOnSpan = true;
    this.#attributes = undefined;
    this.span?.setAttribute(flag.attributeName, name);
  }
}

/**
 * Whether one result only says that the flag is on, and the other which variant that is: Unleash and others are asked
 * both, one after the other.
 */
function isNamedBy({ name: on }: Variant, { name }: Variant): boolean {
  return on === 'true' && name !== undefined && name !== on && name !== 'false';
}

/** @param count Evaluations in this process: 1, or 0 where an upstream service sent it. */
function createState(
  variant: Variant,
  assignment: Assignment,
  version: string | undefined,
  unit: Unit | undefined,
  count: 0 | 1,
): FlagState {
  const first = count === 0 ? undefined : variant;
  return { variant, assignment, version, unit, count, first, others: undefined, isOnSpan: false };
}

/** Whether the flag gave the variant of that name in this process already. */
export function isSeen({ first, others }: FlagState, name: string | undefined): boolean {
  if (first === undefined) return false;
  return first.name === name || others?.some((other) => other.name === name) === true;
}

// Telltale's own storage: without an SDK OpenTelemetry has no context manager and keeps nothing.
const storage = new AsyncLocalStorage<Scope>();

// The metadata object is the same in the context that `instrumentation-http` bound the response to, which no
// middleware can write to.
const byRpc = createHiddenField<Scope>();

/**
 * Runs `fn` so that evaluations in it, and in what it starts, belong to `scope`. What an upstream service sent of
 * flags is taken out of OpenTelemetry's baggage: here, because no framework's file must be able to forget it.
 */
export function runInScope<T>(scope: Scope, fn: () => T): T {
  const clean = withoutFlagBaggage(context.active());
  if (clean === undefined) return storage.run(scope, fn);
  return context.with(clean, () => storage.run(scope, fn));
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
export function currentScope(active: Context = context.active()): Scope | undefined {
  const stored = storage.getStore();
  if (stored?.rpc !== undefined && isOfRpc(active, stored.rpc)) return stored;
  const rpc = getRpcMetadata(active);
  return isOfAnother(stored, rpc) ? scopeOfRpc(rpc) : stored;
}

/** As {@link currentScope} for a given context, without making a scope where there is none yet. */
export function peekScope(active: Context): Scope | undefined {
  const stored = storage.getStore();
  const rpc = getRpcMetadata(active);
  return isOfAnother(stored, rpc) ? byRpc.get(rpc) : stored;
}

/** The scope of a request's metadata, without making one. */
export function peekScopeOfRpc(rpc: RpcMetadata): Scope | undefined {
  return byRpc.get(rpc);
}

function isOfAnother(stored: Scope | undefined, rpc: RpcMetadata | undefined): rpc is RpcMetadata {
  if (rpc === undefined || stored?.rpc === rpc) return false;
  return stored === undefined || stored.ended || stored.rpc !== undefined;
}

/** Whether a span is known not to be exported. No span, or one of no tracer, is not. */
export function isUnsampled(span: Span | undefined): boolean {
  if (span === undefined) return false;
  const spanContext = span.spanContext();
  // In this order, because to look whether an identity is valid takes longer.
  return (spanContext.traceFlags & TraceFlags.SAMPLED) === 0 && isSpanContextValid(spanContext);
}
