/** What was wrong with an input of the statistics. */
export type StatisticsErrorCode =
  | 'bad-evidence'
  | 'unknown-field'
  | 'bad-version'
  | 'bad-parameter'
  | 'identical-variants'
  | 'unknown-variant'
  | 'bad-cell'
  | 'bad-time'
  | 'bad-count'
  | 'count-overflow'
  | 'errors-above-requests'
  | 'slow-above-requests'
  | 'missing-slow'
  | 'bad-histogram'
  | 'unordered-bounds'
  | 'histogram-total'
  | 'threshold-not-an-edge'
  | 'bad-bucket'
  | 'bad-allocation'
  | 'unknown-stratum'
  | 'units-above-requests'
  | 'bad-table'
  | 'bad-sample'
  | 'bad-p-value'
  | 'bad-e-value';

/** An entry of one of the evidence's other lists, as messages name it. */
export interface Entry {
  readonly list: 'unit cell' | 'failing units' | 'epoch';
  readonly index: number;
}

/** Where a fault is: the index of a cell, or an entry of another list. */
export type At = number | Entry;

const BRAND = 'telltale/stats';

/**
 * An input that cannot be judged. The message says what was expected, what came and how to mend it, and
 * begins with the cell's index, or the other entry's, where one is at fault. Recognise it with `isStatisticsError`: two copies
 * of the package in one process have two classes, so `instanceof` would miss half of them.
 */
export class StatisticsError extends Error {
  readonly brand: string = BRAND;
  readonly code: StatisticsErrorCode;
  /** Index in `evidence.cells`; null where no single cell is at fault. */
  readonly cell: number | null;

  constructor(code: StatisticsErrorCode, message: string, at: At | null = null) {
    super(
      at === null
        ? message
        : `${typeof at === 'number' ? `cell ${at}` : `${at.list} ${at.index}`}: ${message}`,
    );
    this.name = 'StatisticsError';
    this.code = code;
    this.cell = typeof at === 'number' ? at : null;
  }
}

export function isStatisticsError(value: unknown): value is StatisticsError {
  return typeof value === 'object' && value !== null && 'brand' in value && value.brand === BRAND;
}

/** A value as it is shown in a message: strings quoted, objects only named, never a page of JSON. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
