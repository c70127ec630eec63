/** What went wrong in the store, as a code that the command line and the API turn into an answer. */
export type StoreErrorCode =
  | 'engine-missing'
  | 'data-dir-in-use'
  | 'data-dir-unusable'
  | 'clickhouse-unreachable'
  | 'queue-full';

const BRAND = Symbol.for('telltale.StoreError');

/** An error of the store. Recognised by {@link isStoreError}, not by `instanceof`. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly [BRAND] = true;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

export function isStoreError(error: unknown): error is StoreError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
