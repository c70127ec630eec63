import type { Attributes } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import type { Assignment } from '../core/evaluation.js';
import type { Variant } from '../core/flags.js';
import type { FlagState } from '../core/scope.js';
import {
  ATTR_TELLTALE_ASSIGNMENT,
  ATTR_TELLTALE_THRESHOLD,
  ATTR_TELLTALE_UNIT_BUCKET,
  VARIANT_MIXED,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { UNIT_BUCKETS, unitBucket } from '../core/unit.js';
import { UnitMemory, unitSlot } from './unit-memory.js';
import { variantAttributes } from './variant-attributes.js';
import { isViewSeen } from './view-seen.js';

/** The sums by unit bucket; each is an instrument of its own. */
export type UnitCounter = 'operations' | 'errors' | 'slow' | 'exposed';

/** The sums of one flag, variant and assignment, one number a bucket. */
interface Row {
  readonly id: number;
  readonly assignment: Assignment;
  readonly attributes: readonly Attributes[];
  readonly slowAttributes: readonly Attributes[];
  /** Of all counters, one after the other: an array each would be a look into far memory each. */
  readonly sums: Float64Array;
}

/** Where a counter's buckets begin in {@link Row.sums}. */
const OFFSETS: Readonly<Record<UnitCounter, number>> = {
  operations: 0,
  errors: UNIT_BUCKETS,
  slow: 2 * UNIT_BUCKETS,
  exposed: 3 * UNIT_BUCKETS,
};

/** By the variant's index. */
const rows: Row[][] = [];
let rowCount = 0;
let memory: UnitMemory | undefined;

/** The threshold's edge in seconds, `null` where none is configured, `undefined` before it was asked for. */
let slowEdge: number | null | undefined;

/** What came of an operation, for its unit. */
export interface UnitOutcome {
  readonly isError: boolean;
  readonly isSlow: boolean;
}

/** Whether an operation of that duration is above the configured threshold. */
export function isSlow(seconds: number): boolean {
  const edge = slowEdgeSeconds();
  return edge !== null && seconds > edge;
}

/**
 * Counts an ended operation for the unit a flag was evaluated for. Mixed ones belong to no variant, and where no
 * targeting key was given there is no unit.
 *
 * @param outcome Absent where the operation is outside error and latency tests; the unit was exposed all the same.
 * @param nowMs The time of day, as `Date.now()` has it.
 */
export function countUnit(state: FlagState, outcome: UnitOutcome | undefined, nowMs: number): void {
  if (state.unit === undefined || !state.variant.flag.measured || state.variant.name === VARIANT_MIXED)
    return;
  const row = rowOf(state);
  if (row === undefined) return;
  memory ??= new UnitMemory();
  const { hash } = state.unit;
  const bucket = unitBucket(hash);
  const slot = unitSlot(hash, row.id);
  // A unit that was counted in this hour was exposed on this day, which saves the look.
  const earlier = outcome === undefined ? 0 : memory.take(slot, nowMs);
  if (earlier === undefined) return;
  if (earlier === 0 && memory.isExposure(slot, nowMs)) add(row, 'exposed', bucket);
  if (outcome === undefined) return;
  add(row, 'operations', bucket);
  if (outcome.isError) add(row, 'errors', bucket);
  if (outcome.isSlow) add(row, 'slow', bucket);
}

/**
 * Calls `observe` with every sum above 0, and for slow ones with 0 too where operations were counted, so that none
 * slow is told from no threshold. For one sum always with the same attributes object.
 */
export function eachUnitCount(
  counter: UnitCounter,
  observe: (count: number, attributes: Attributes) => void,
): void {
  const ofSlow = counter === 'slow';
  if (ofSlow && slowEdgeSeconds() === null) return;
  for (const row of rows.flat()) {
    const attributes = ofSlow ? row.slowAttributes : row.attributes;
    const written = ofSlow ? OFFSETS.operations : OFFSETS[counter];
    attributes.forEach((set, bucket) => {
      if ((row.sums[written + bucket] ?? 0) === 0) return;
      observe(row.sums[OFFSETS[counter] + bucket] ?? 0, set);
    });
  }
}

function add({ sums }: Row, counter: UnitCounter, bucket: number): void {
  const at = OFFSETS[counter] + bucket;
  sums[at] = (sums[at] ?? 0) + 1;
}

function rowOf({ variant, assignment }: FlagState): Row | undefined {
  let ofVariant = rows[variant.index];
  if (ofVariant === undefined) {
    ofVariant = [];
    rows[variant.index] = ofVariant;
  }
  for (const row of ofVariant) if (row.assignment === assignment) return row;
  const { attributeSets, viewAttributeSets } = settings().limits;
  const limit = isViewSeen() ? viewAttributeSets : attributeSets;
  if ((rowCount + 1) * UNIT_BUCKETS > limit) {
    countDrop(
      'unit_sets',
      () => `telltale.unit.* hold ${limit} attribute sets; units of "${variant.flag.key}" are not counted.`,
    );
    return undefined;
  }
  rowCount += 1;
  const row = createRow(variant, assignment);
  ofVariant.push(row);
  return row;
}

function createRow(variant: Variant, assignment: Assignment): Row {
  const threshold = slowEdgeSeconds() ?? undefined;
  const buckets = Array.from({ length: UNIT_BUCKETS }, (_, bucket) => bucket);
  const attributes = buckets.map((bucket) => bucketAttributes(variant, assignment, bucket));
  return {
    id: rowCount,
    assignment,
    attributes,
    slowAttributes: attributes.map((set) => ({ ...set, [ATTR_TELLTALE_THRESHOLD]: threshold })),
    sums: new Float64Array(Object.keys(OFFSETS).length * UNIT_BUCKETS),
  };
}

function bucketAttributes(variant: Variant, assignment: Assignment, bucket: number): Attributes {
  return {
    ...variantAttributes(variant),
    [ATTR_TELLTALE_ASSIGNMENT]: assignment,
    [ATTR_TELLTALE_UNIT_BUCKET]: bucket,
  };
}

function slowEdgeSeconds(): number | null {
  if (slowEdge === undefined) {
    const { slowThresholdMs } = settings();
    slowEdge = slowThresholdMs === undefined ? null : edgeBelow(slowThresholdMs / 1_000);
  }
  return slowEdge;
}

/** The largest edge of an exponential histogram at scale 2 that is not above `seconds`. */
export function edgeBelow(seconds: number): number {
  const k = Math.floor(Math.log2(seconds) * 4);
  // The logarithm may be off by a rounding where `seconds` is an edge itself.
  return 2 ** ((k + 1) / 4) <= seconds ? 2 ** ((k + 1) / 4) : 2 ** (k / 4);
}
