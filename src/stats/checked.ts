import { StatisticsError, shown } from './errors.js';
import type { Evidence, EvidenceCell, VerdictParameters } from './evidence.js';
import { checkShape, countFrom, overflow } from './histogram.js';
import { checkParameters } from './parameters.js';
import { bucketAbove } from './threshold.js';

/** A cell whose counts are known to be counts. */
export interface CheckedCell {
  readonly epoch: string;
  readonly from: number;
  readonly serviceVersion: string;
  /** Of the treatment; else of the control. */
  readonly treated: boolean;
  readonly requests: number;
  readonly errors: number;
  /** null: left out of the slow guardrail, or there is none. */
  readonly slow: number | null;
}

/** Evidence with every default filled in and every field checked. */
export interface CheckedEvidence {
  readonly parameters: VerdictParameters;
  readonly complete: boolean;
  readonly overflow: boolean;
  readonly elapsedSeconds: number | null;
  readonly cells: readonly CheckedCell[];
}

/** Parts of the format that would change the verdict and are not evaluated yet. */
const NOT_YET = ['unitCells', 'distinctUnits', 'failingUnits', 'epochs'] as const;

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
  refuseWhatIsNotBuilt(evidence);
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
  const cells = checkCells(evidence, parameters.slowThreshold);
  return {
    parameters,
    complete: flagOf(evidence.complete, 'complete', true),
    overflow: flagOf(evidence.overflow, 'overflow', false),
    elapsedSeconds: checkElapsed(evidence.elapsedSeconds),
    cells,
  };
}

function refuseWhatIsNotBuilt(evidence: Evidence): void {
  const given: Readonly<Record<string, unknown>> = { ...evidence };
  for (const name of NOT_YET) {
    if (given[name] === undefined || given[name] === null) continue;
    const message = `evidence.${name} is not supported yet: it would change the verdict. Leave it out to be judged at request level.`;
    throw new StatisticsError('not-supported', message);
  }
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

function checkCells(evidence: Evidence, slowThreshold: number | null): CheckedCell[] {
  const readTime = timeReader();
  let sum = 0;
  return evidence.cells.map((cell, index) => {
    if (typeof cell !== 'object' || cell === null) {
      throw new StatisticsError('bad-cell', `must be an object, not ${shown(cell)}.`, index);
    }
    const { epoch, serviceVersion, variant } = cell;
    if (typeof epoch !== 'string') throw notText('epoch', epoch, index);
    if (typeof serviceVersion !== 'string') throw notText('serviceVersion', serviceVersion, index);
    if (variant !== evidence.control && variant !== evidence.treatment) {
      const message = `variant must be ${shown(evidence.control)} or ${shown(evidence.treatment)}, not ${shown(variant)}. Leave out the other variants.`;
      throw new StatisticsError('unknown-variant', message, index);
    }
    const requests = checkCount(cell.requests, 'requests', index);
    const errors = checkCount(cell.errors, 'errors', index);
    if (errors > requests) throw above('errors', errors, requests, index);
    const slow = checkSlow(cell, slowThreshold, index);
    sum += requests;
    if (sum > Number.MAX_SAFE_INTEGER) throw overflow('requests up to this cell', index);
    const from = readTime(cell.from, index);
    return { epoch, from, serviceVersion, treated: variant === evidence.treatment, requests, errors, slow };
  });
}

function notText(field: string, value: unknown, index: number): StatisticsError {
  const message = `${field} must be a string, not ${shown(value)}; "" where it is unknown.`;
  return new StatisticsError('bad-cell', message, index);
}

function checkCount(value: unknown, name: string, index: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const large = typeof value === 'number' && value > Number.MAX_SAFE_INTEGER;
  const message = `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${shown(value)}.`;
  throw new StatisticsError(large ? 'count-overflow' : 'bad-count', message, index);
}

function above(name: 'errors' | 'slow', count: number, requests: number, index: number): StatisticsError {
  const message = `${name} must be at most requests (${requests}), not ${count}; count both over the same requests.`;
  return new StatisticsError(`${name}-above-requests`, message, index);
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

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads `from`. Most cells share their block with others, so each text is parsed once. */
function timeReader(): (from: unknown, index: number) => number {
  const parsed = new Map<string, number>();
  let kind: string | null = null;
  return (from, index) => {
    kind ??= typeof from;
    if (typeof from === 'number' && Number.isFinite(from) && kind === 'number') return from;
    if (typeof from === 'string' && kind === 'string') {
      const known = parsed.get(from);
      if (known !== undefined) return known;
      // Without an offset the time would be local, and the order of blocks would depend on the machine.
      const time = ISO_TIME.test(from) ? Date.parse(from) : Number.NaN;
      if (!Number.isNaN(time)) {
        parsed.set(from, time);
        return time;
      }
    }
    const message = `from must be a number, or ISO 8601 time with Z or an offset, the same kind in every cell, not ${shown(from)}.`;
    throw new StatisticsError('bad-time', message, index);
  };
}
