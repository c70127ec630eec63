import { OtlpDecodeError } from '../decode-error.js';
import { JsonMessage } from './message.js';

/** A number of 16 digits or more outside a text (one inside is a harmless false alarm). */
const LONG_NUMBER = /[:,[\s]-?\d{16}/;
const DECIMAL_64 = /^-?\d{1,20}$/;

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;
/** The third argument stands in Node since 21, and in TypeScript's libraries not yet. */
const parse: (text: string, reviver?: Reviver) => unknown = JSON.parse;

/**
 * The request as a message. Integers beyond 2^53 that came as numbers (Go and Java write them as text, the
 * JavaScript SDK and people do not) are kept exact, as bigint; only bodies that hold any pay for it.
 *
 * @throws OtlpDecodeError
 */
export function parseRequest(body: Uint8Array, name: string): JsonMessage {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = LONG_NUMBER.test(text) ? parse(text, exactInteger) : parse(text);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new OtlpDecodeError(
        'too-deep',
        'Expected a request of some dozen levels, got thousands. Flatten the values.',
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new OtlpDecodeError(
      'malformed',
      `Malformed JSON: expected ${name} as an object, got ${reason}. ` +
        'Check that the body is whole, and that its Content-Encoding is named.',
    );
  }
  return new JsonMessage(value, name, { messages: 0 });
}

const exactInteger: Reviver = (_key, value, context) => {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return DECIMAL_64.test(source) ? BigInt(source) : value;
};
