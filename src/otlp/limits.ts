/** What one request may ask of the decoders. Each cap is here so that a hostile body costs memory by its size only. */

/** Largest body in bytes, after decompression. The collector's own default is 20 MiB; SDKs send well under 1 MiB. */
export const DEFAULT_MAX_BODY_BYTES: number = 16 * 1024 * 1024;

/** Bodies that all requests together may hold: four of the largest, some hundreds of an SDK's usual ones. */
export const DEFAULT_MAX_HELD_BYTES: number = 64 * 1024 * 1024;

/** Protobuf messages inside one another, as protobuf's own parsers cap them. */
export const MAX_MESSAGE_DEPTH = 100;

/**
 * Arrays and maps inside one another in one attribute value or log body, in both encodings. Chosen so that
 * protobuf's deepest spelling of it (three messages a level, below a span event) stays under
 * `MAX_MESSAGE_DEPTH`: one rule decides in both encodings.
 */
export const MAX_VALUE_DEPTH = 30;

/**
 * Messages in one request. An empty message is two bytes on the wire and a hundred or more in memory, so a
 * 16 MiB body of them would cost gigabytes. Real bodies of that size hold a quarter of this.
 */
export const MAX_MESSAGES = 2_000_000;

/** Buckets of one histogram point on one side of zero. SDKs keep 160; the collector's converters some hundreds. */
export const MAX_BUCKETS = 16_384;

/** Attributes of one record, event, link or exemplar, of a resource or a scope. SDKs keep 128. */
export const MAX_ATTRIBUTES = 1024;

/** Keys and values of them together, as text. */
export const MAX_ATTRIBUTES_BYTES: number = 1024 * 1024;
