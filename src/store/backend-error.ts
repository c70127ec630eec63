/** What went wrong in the backend or its command line. */
export type BackendErrorCode =
  /** The store. */
  | 'engine-missing'
  | 'data-dir-in-use'
  | 'data-dir-unusable'
  | 'clickhouse-unreachable'
  | 'schema-newer'
  | 'schema-unusable'
  | 'queue-full'
  /** A port. */
  | 'package-missing'
  | 'cannot-listen'
  /** A question to the API. */
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-flag'
  | 'unknown-treatment'
  | 'not-found'
  | 'method-not-allowed'
  | 'too-large'
  | 'overloaded'
  | 'conflict'
  | 'bad-signature'
  | 'internal'
  /** A command. */
  | 'usage'
  | 'unavailable';

const BRAND = 'telltale/backend';

/**
 * An error of the backend that has an answer: the message says what was expected, what came and how to mend
 * it. Recognised by {@link isBackendError}, not by `instanceof`.
 */
export class BackendError extends Error {
  readonly brand: string = BRAND;
  readonly code: BackendErrorCode;

  constructor(code: BackendErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BackendError';
    this.code = code;
  }
}

export function isBackendError(error: unknown): error is BackendError {
  return error instanceof Object && 'brand' in error && error.brand === BRAND;
}
