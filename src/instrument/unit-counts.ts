import type { Attributes } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import type { Assignment } from '../core/evaluation.js';
import type { Variant } from '../core/flags.js';
import type { FlagState } from '../core/scope.js';
import {
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_RESULT_VARIANT,
  ATTR_TELLTALE_ASSIGNMENT,
  ATTR_TELLTALE_THRESHOLD,
  ATTR_TELLTALE_UNIT_BUCKET,
  VARIANT_MIXED,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { UNIT_BUCKETS, unitBucket } from '../core/unit.js';
import { UnitMemory } from './unit-memory.js';
import { isViewSeen } from './view-seen.js';

/** The sums by unit bucket; each is an instrument of its own. */
export type UnitCounter = 'operations' | 'errors' | 'slow' | 'exposed';

/** The sums of one flag, variant and assignment, one number a bucket. */
interface Row {
  readonly id: number;
  readonly assignment: Assignment;
  readonly attributes: readonly Attributes[];
  readonly slowAttributes: readonly Attributes[];
  readonly sums: Readonly<Record<UnitCounter, Float64Array>>;
}

const rows = new Map<Variant, Row[]>();
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
 */
export function countUnit(state: FlagState, outcome: UnitOutcome | undefined): void {
  if (state.unit === undefined || !state.variant.flag.measured || state.variant.name === VARIANT_MIXED)
    return;
  const row = rowOf(state);
  if (row === undefined) return;
  memory ??= new UnitMemory();
  const { hash } = state.unit;
  const bucket = unitBucket(hash);
  const nowMs = Date.now();
  if (memory.isExposure(hash, row.id, nowMs)) add(row.sums.exposed, bucket);
  if (outcome === undefined || !memory.takes(hash, row.id, nowMs)) return;
  add(row.sums.operations, bucket);
  if (outcome.isError) add(row.sums.errors, bucket);
  if (outcome.isSlow) add(row.sums.slow, bucket);
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
  for (const row of [...rows.values()].flat()) {
    const attributes = ofSlow ? row.slowAttributes : row.attributes;
    const written = ofSlow ? row.sums.operations : row.sums[counter];
    written.forEach((count, bucket) => {
      const set = attributes[bucket];
      if (count > 0 && set !== undefined) observe(row.sums[counter][bucket] ?? 0, set);
    });
  }
}

function add(sums: Float64Array, bucket: number): void {
  sums[bucket] = (sums[bucket] ?? 0) + 1;
}

function rowOf({ variant, assignment }: FlagState): Row | undefined {
  let ofVariant = rows.get(variant);
  if (ofVariant === undefined) {
    ofVariant = [];
    rows.set(variant, ofVariant);
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
  const sums = (): Float64Array => new Float64Array(UNIT_BUCKETS);
  return {
    id: rowCount,
    assignment,
    attributes,
    slowAttributes: attributes.map((set) => ({ ...set, [ATTR_TELLTALE_THRESHOLD]: threshold })),
    sums: { operations: sums(), errors: sums(), slow: sums(), exposed: sums() },
  };
}

function bucketAttributes(variant: Variant, assignment: Assignment, bucket: number): Attributes {
  const attributes: Attributes = {
    [ATTR_FEATURE_FLAG_KEY]: variant.flag.key,
    [ATTR_TELLTALE_ASSIGNMENT]: assignment,
    [ATTR_TELLTALE_UNIT_BUCKET]: bucket,
  };
  if (variant.name !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VARIANT] = variant.name;
  return attributes;
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
