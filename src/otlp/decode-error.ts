/**
 * - `malformed`: not a message of this encoding; it will never be accepted.
 * - `too-deep`: nested beyond `MAX_MESSAGE_DEPTH` or `MAX_VALUE_DEPTH`.
 * - `too-many`: more than `MAX_MESSAGES`; smaller batches will be accepted.
 */
export type OtlpDecodeErrorCode = 'malformed' | 'too-deep' | 'too-many';

const BRAND = 'telltale.OtlpDecodeError';

/** Thrown by the decoders for a body that cannot be read at all; a record that can be left out is counted instead. */
export class OtlpDecodeError extends Error {
  readonly code: OtlpDecodeErrorCode;
  readonly 'telltale.OtlpDecodeError' = true;

  constructor(code: OtlpDecodeErrorCode, message: string) {
    super(message);
    this.name = 'OtlpDecodeError';
    this.code = code;
  }
}

/** Recognises the error by its brand, so that it works across two copies of this package. */
export function isOtlpDecodeError(error: unknown): error is OtlpDecodeError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** Malformed text goes into messages cut to this length: it comes from outside. */
const SHOWN_CHARACTERS = 40;

/** What came, in words short enough for a message. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const text = String(value);
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
  return `the ${typeof value} ${typeof value === 'string' ? JSON.stringify(cut) : cut}`;
}
