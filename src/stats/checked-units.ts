import { above, type CheckedPlace, checkCount, checkPlace, listOf, type TimeReader } from './checks.js';
import { type At, StatisticsError, shown } from './errors.js';
import type { Evidence, UnitCell } from './evidence.js';
import { overflow } from './histogram.js';
import { placeId } from './tables.js';

/** Buckets of `telltale.unit.*`. */
export const UNIT_BUCKETS = 16;

/** One variant's operations of the units of one bucket. */
export interface CheckedUnitCell extends CheckedPlace {
  readonly bucket: number;
  readonly requests: number;
  readonly errors: number;
  /** null: left out of the slow guardrail, or there is none. */
  readonly slow: number | null;
}

/** Distinct units that failed for the first time. */
export interface CheckedFailing extends CheckedPlace {
  readonly units: number;
}

/** What is known of units. */
export interface CheckedUnits {
  readonly cells: readonly CheckedUnitCell[];
  /** Counted operations for each distinct unit; infinite where the units were not counted. */
  readonly operationsPerUnit: number;
  /** Empty where failing units are not told apart. */
  readonly failing: readonly CheckedFailing[];
}

const PLACE_FIELDS: readonly string[] = ['epoch', 'from', 'serviceVersion', 'variant'];
const UNIT_FIELDS: ReadonlySet<string> = new Set([...PLACE_FIELDS, 'bucket', 'requests', 'errors', 'slow']);
const FAILING_FIELDS: ReadonlySet<string> = new Set([...PLACE_FIELDS, 'units']);

/** The evidence by units, or null where there is none. */
export function checkUnits(
  evidence: Evidence,
  slowThreshold: number | null,
  readTime: TimeReader,
): CheckedUnits | null {
  const given = listOf(evidence.unitCells, 'unitCells');
  const failing = listOf(evidence.failingUnits, 'failingUnits');
  const distinct = checkDistinct(evidence.distinctUnits);
  if (given.length === 0) {
    if (failing.length === 0) return null;
    const message =
      'failingUnits need unitCells: without them nothing says how many units could have failed.';
    throw new StatisticsError('bad-evidence', message);
  }
  let operations = 0;
  const cells = Array.from(given, (cell, index) => {
    const at: At = { list: 'unit cell', index };
    const checked = checkCell(cell, evidence, slowThreshold, readTime, at);
    operations += checked.requests;
    if (operations > Number.MAX_SAFE_INTEGER) throw overflow('requests up to this unit cell', at);
    return checked;
  });
  return {
    cells,
    operationsPerUnit: distinct === 0 ? Number.POSITIVE_INFINITY : operations / distinct,
    failing: checkFailing(failing, evidence, cells, readTime),
  };
}

/** 0 where they were not counted. */
function checkDistinct(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  const message = `distinctUnits must be a whole number above 0, not ${shown(value)}; leave it out where it is unknown.`;
  throw new StatisticsError('bad-count', message);
}

function checkCell(
  entry: unknown,
  evidence: Evidence,
  slowThreshold: number | null,
  readTime: TimeReader,
  at: At,
): CheckedUnitCell {
  const place = checkPlace(entry, UNIT_FIELDS, evidence, readTime, at);
  const cell = entry as UnitCell;
  const bucket = checkBucket(cell.bucket, at);
  const requests = checkCount(cell.requests, 'requests', at);
  const errors = checkCount(cell.errors, 'errors', at);
  if (errors > requests) throw above('errors', errors, requests, at);
  return { ...place, bucket, requests, errors, slow: checkSlow(cell, requests, slowThreshold, at) };
}

function checkBucket(value: unknown, at: At): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < UNIT_BUCKETS)
    return value;
  const message = `bucket must be a whole number from 0 to ${UNIT_BUCKETS - 1}, not ${shown(value)}.`;
  throw new StatisticsError('bad-bucket', message, at);
}

function checkSlow(
  { slow }: UnitCell,
  requests: number,
  slowThreshold: number | null,
  at: At,
): number | null {
  if (slow === null) return null;
  if (slow === undefined) {
    if (slowThreshold === null) return null;
    const message = 'slow must be given where slowThreshold is (slow: null leaves the cell out).';
    throw new StatisticsError('missing-slow', message, at);
  }
  const count = checkCount(slow, 'slow', at);
  if (count > requests) throw above('slow', count, requests, at);
  return slowThreshold === null ? null : count;
}

function checkFailing(
  given: readonly unknown[],
  evidence: Evidence,
  cells: readonly CheckedUnitCell[],
  readTime: TimeReader,
): CheckedFailing[] {
  if (given.length === 0) return [];
  const places = new Set(cells.map((cell) => `${cell.treated} ${placeId(cell)}`));
  let sum = 0;
  return Array.from(given, (entry, index) => {
    const at: At = { list: 'failing units', index };
    const place = checkPlace(entry, FAILING_FIELDS, evidence, readTime, at);
    if (!places.has(`${place.treated} ${placeId(place)}`)) {
      const message =
        'there is no unit cell of its epoch, block, service version and variant: nothing says how many units could ' +
        'have failed. Read both over the same window.';
      throw new StatisticsError('unknown-stratum', message, at);
    }
    const units = checkCount((entry as { units?: unknown }).units, 'units', at);
    sum += units;
    if (sum > Number.MAX_SAFE_INTEGER) throw overflow('units up to this entry', at);
    return { ...place, units };
  });
}
