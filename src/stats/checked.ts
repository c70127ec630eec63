import { checkEpochs, type EpochExposure } from './checked-epochs.js';
import { type CheckedUnits, checkUnits } from './checked-units.js';
import {
  above,
  type CheckedPlace,
  checkCount,
  checkPlace,
  requireFields,
  type TimeReader,
  timeReader,
} from './checks.js';
import { StatisticsError, shown } from './errors.js';
import type { Evidence, EvidenceCell, VerdictParameters } from './evidence.js';
import { checkShape, countFrom, overflow } from './histogram.js';
import { checkParameters } from './parameters.js';
import { bucketAbove } from './threshold.js';

/** A cell whose counts are known to be counts. */
export interface CheckedCell extends CheckedPlace {
  readonly requests: number;
  readonly errors: number;
  /** null: left out of the slow guardrail, or there is none. */
  readonly slow: number | null;
}

const FIELDS: ReadonlySet<string> = new Set([
  ...[
    '$schema',
    'version',
    'flag',
    'control',
    'treatment',
    'parameters',
    'complete',
    'overflow',
    'elapsedSeconds',
  ],
  ...['cells', 'unitCells', 'distinctUnits', 'failingUnits', 'epochs'],
]);
const CELL_FIELDS: ReadonlySet<string> = new Set([
  ...['epoch', 'from', 'route', 'serviceVersion', 'variant', 'requests', 'errors', 'slow', 'histogram'],
]);

/** Evidence with every default filled in and every field checked. */
export interface CheckedEvidence {
  readonly parameters: VerdictParameters;
  readonly complete: boolean;
  readonly overflow: boolean;
  readonly elapsedSeconds: number | null;
  readonly cells: readonly CheckedCell[];
  /** null: not counted, and requests are taken as independent. */
  readonly units: CheckedUnits | null;
  readonly epochs: readonly EpochExposure[];
}

/**
 * Evidence is often read from a file, so nothing in it is believed: whatever cannot be a count of requests
 * throws, with the cell's index, instead of becoming NaN in a verdict.
 */
export function checkEvidence(evidence: Evidence): CheckedEvidence {
  if (typeof evidence !== 'object' || evidence === null) {
    throw new StatisticsError('bad-evidence', `evidence must be an object, not ${shown(evidence)}.`);
  }
  if (evidence.version !== 1) {
    const message = `evidence.version must be 1, not ${shown(evidence.version)}; a newer release may read it.`;
    throw new StatisticsError('bad-version', message);
  }
  requireFields(evidence, FIELDS);
  const { control, treatment } = evidence;
  requireText(evidence.flag, 'flag');
  requireText(control, 'control');
  requireText(treatment, 'treatment');
  if (control === treatment) {
    const message = `control and treatment must be two variants, but both are ${shown(control)}.`;
    throw new StatisticsError('identical-variants', message);
  }
  if (!Array.isArray(evidence.cells)) {
    throw new StatisticsError('bad-evidence', `cells must be an array, not ${shown(evidence.cells)}.`);
  }
  const parameters = checkParameters(evidence.parameters);
  const readTime = timeReader();
  const cells = checkCells(evidence, parameters.slowThreshold, readTime);
  return {
    parameters,
    complete: flagOf(evidence.complete, 'complete', true),
    overflow: flagOf(evidence.overflow, 'overflow', false),
    elapsedSeconds: checkElapsed(evidence.elapsedSeconds),
    cells,
    units: checkUnits(evidence, parameters.slowThreshold, readTime),
    epochs: checkEpochs(evidence),
  };
}

function requireText(value: unknown, name: string): void {
  if (typeof value === 'string' && value !== '') return;
  throw new StatisticsError('bad-evidence', `${name} must be a name, not ${shown(value)}.`);
}

function flagOf(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new StatisticsError('bad-evidence', `${name} must be true or false, not ${shown(value)}.`);
}

function checkElapsed(seconds: unknown): number | null {
  if (seconds === undefined || seconds === null) return null;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0) return seconds;
  const message = `elapsedSeconds must be seconds from 0 on, not ${shown(seconds)}.`;
  throw new StatisticsError('bad-evidence', message);
}

function checkCells(evidence: Evidence, slowThreshold: number | null, readTime: TimeReader): CheckedCell[] {
  let sum = 0;
  // Not `map`, which passes over the holes of an array.
  return Array.from(evidence.cells, (cell, index) => {
    const place = checkPlace(cell, CELL_FIELDS, evidence, readTime, index);
    const requests = checkCount(cell.requests, 'requests', index);
    const errors = checkCount(cell.errors, 'errors', index);
    if (errors > requests) throw above('errors', errors, requests, index);
    const slow = checkSlow(cell, slowThreshold, index);
    sum += requests;
    if (sum > Number.MAX_SAFE_INTEGER) throw overflow('requests up to this cell', index);
    return { ...place, requests, errors, slow };
  });
}

/** Requests above the threshold; null where the cell is left out, or nothing asks for them. */
function checkSlow(cell: EvidenceCell, slowThreshold: number | null, index: number): number | null {
  const { slow, histogram, requests } = cell;
  if (histogram !== undefined && histogram !== null) {
    if (typeof slow === 'number') {
      const message = 'slow stands in place of the histogram: give one of the two, lest they disagree.';
      throw new StatisticsError('bad-cell', message, index);
    }
    checkShape(histogram, index);
    const edge = slowThreshold === null || slow === null ? 0 : bucketAbove(histogram, slowThreshold, index);
    const { total, above: count } = countFrom(histogram, edge, index);
    if (total !== requests) {
      const message = `histogram must count all ${requests} requests, but counts ${total}. Read both over the same window.`;
      throw new StatisticsError('histogram-total', message, index);
    }
    return slowThreshold === null || slow === null ? null : count;
  }
  if (slow === undefined) {
    if (slowThreshold === null) return null;
    const message =
      'slow or histogram must be given where slowThreshold is (slow: null leaves the cell out).';
    throw new StatisticsError('missing-slow', message, index);
  }
  if (slow === null) return null;
  const count = checkCount(slow, 'slow', index);
  if (count > requests) throw above('slow', count, requests, index);
  return slowThreshold === null ? null : count;
}
