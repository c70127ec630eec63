import type { Attributes } from '@opentelemetry/api';
import { countDrop } from './drops.js';
import { ATTR_PREFIX_FEATURE_FLAGS, ATTR_PREFIX_SENTRY_FLAGS, OVERFLOW, VARIANT_MIXED } from './semconv.js';
import { settings } from './settings.js';

/** A flag this process has seen. One object a key, so that the hot path compares references. */
export interface Flag {
  readonly key: string;
  /** Name of its attribute on spans and log records. */
  readonly attributeName: string;
  /** Whether it has a place in metrics of its own. */
  readonly measured: boolean;
  /** By name; `undefined` is the variant of results without one. */
  readonly variants: Map<string | undefined, Variant>;
  /** Variants that count against the limit. */
  named: number;
}

/** A variant of a flag this process has seen. */
export interface Variant {
  readonly flag: Flag;
  readonly name: string | undefined;
  /** Its place in arrays that hold something for each variant; -1 where its flag is not measured. */
  readonly index: number;
  /** Its sums of evaluations; here because finding them in a map would cost more than counting. */
  counts: EvaluationCount[] | undefined;
}

/** How often one combination was evaluated. */
export interface EvaluationCount {
  /** `undefined` where reason and provider found no room. */
  readonly reason: string | undefined;
  readonly provider: string | undefined;
  readonly errorType: string | undefined;
  readonly attributes: Attributes;
  count: number;
}

/**
 * Share of the places in metrics that keys of no flag may take. Clients may choose what keys are asked for, and
 * must not use up what the flags need; a few are told apart, because a misspelled key is worth finding.
 */
const UNKNOWN_SHARE = 1 / 8;

// Maps, not objects: a flag may be called `__proto__`.
const flags = new Map<string, Flag>();
let unknownFlags = 0;
let measuredVariants = 0;

/** Counts what finds no place among the measured flags; it is one of them itself. */
let overflowFlag: Flag | undefined;

/**
 * The flag of that key, or `undefined` where the key cannot be used; that is counted as dropped.
 *
 * @param exists Whether the provider has such a flag. One it does not have may find no place in metrics, and still
 * gets its own once it exists.
 */
export function internFlag(key: string, exists = true): Flag | undefined {
  const known = flags.get(key);
  if (known !== undefined) return known;
  const { nameLength, metricFlags } = settings().limits;
  if (typeof key !== 'string' || key.length === 0 || key.length > nameLength) {
    countDrop(
      'key_length',
      () => `a flag key has to have 1 to ${nameLength} characters, got ${describe(key)}; left out.`,
    );
    return undefined;
  }
  if (flags.size >= metricFlags) {
    countDrop(
      'metric_flags',
      () => `metrics tell ${metricFlags} flags apart; "${key}" is counted under "${OVERFLOW}".`,
    );
    return createFlag(key, false);
  }
  if (!exists) {
    if (unknownFlags >= metricFlags * UNKNOWN_SHARE) {
      countDrop(
        'metric_flags',
        () =>
          `metrics tell ${metricFlags * UNKNOWN_SHARE} keys of no flag apart; "${key}" is counted under "${OVERFLOW}".`,
      );
      return createFlag(key, false);
    }
    unknownFlags += 1;
  }
  const flag = createFlag(key, true);
  flags.set(key, flag);
  return flag;
}

/** The flag's variant of that name, `__overflow__` past the limits. */
export function internVariant(flag: Flag, name: string | undefined): Variant {
  return flag.variants.get(name) ?? addVariant(flag, name);
}

/** The variant that stands for more than one variant of `flag` within one operation. */
export function mixedVariant(flag: Flag): Variant {
  return flag.variants.get(VARIANT_MIXED) ?? store(flag, VARIANT_MIXED);
}

/** Where the metrics count a variant: itself, or the overflow flag for flags past the limit. */
export function measuredVariant(variant: Variant): Variant {
  if (variant.flag.measured) return variant;
  overflowFlag ??= createFlag(OVERFLOW, true);
  return internVariant(overflowFlag, undefined);
}

function addVariant(flag: Flag, name: string | undefined): Variant {
  if (name === undefined || name === VARIANT_MIXED || name === OVERFLOW) return store(flag, name);
  const { nameLength, variantsPerFlag } = settings().limits;
  if (name.length > nameLength) {
    countDrop(
      'variant_length',
      () =>
        `a variant of "${flag.key}" has ${name.length} characters, expected at most ${nameLength}; ` +
        `it is written as "${OVERFLOW}".`,
    );
    return internVariant(flag, OVERFLOW);
  }
  if (flag.named >= variantsPerFlag) {
    countDrop(
      'flag_variants',
      () => `"${flag.key}" has more than ${variantsPerFlag} variants; the rest is "${OVERFLOW}".`,
    );
    return internVariant(flag, OVERFLOW);
  }
  flag.named += 1;
  return store(flag, name);
}

function store(flag: Flag, name: string | undefined): Variant {
  const index = flag.measured ? measuredVariants : -1;
  if (flag.measured) measuredVariants += 1;
  const variant: Variant = { flag, name, index, counts: undefined };
  flag.variants.set(name, variant);
  return variant;
}

/** What the names of all flags' attributes on spans and log records begin with. */
export function attributePrefix(): string {
  return settings().profile === 'sentry' ? ATTR_PREFIX_SENTRY_FLAGS : ATTR_PREFIX_FEATURE_FLAGS;
}

function createFlag(key: string, measured: boolean): Flag {
  return { key, attributeName: attributePrefix() + key, measured, variants: new Map(), named: 0 };
}

function describe(key: unknown): string {
  return typeof key === 'string' ? `${key.length}` : `a ${typeof key}`;
}
