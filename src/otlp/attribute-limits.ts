import { MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES } from './limits.js';
import type { Attributes, MapText } from './model.js';

/** Stand for attributes beyond a limit, which are not kept; the check of the record knows them and refuses it. */
const TOO_MANY: Attributes = Object.freeze(Object.create(null));
const TOO_LARGE: Attributes = Object.freeze(Object.create(null));

/** TOO_MANY where so many are too many: asked before they are read, so that what is refused costs nothing. */
export function tooMany(count: number): Attributes | undefined {
  return count > MAX_ATTRIBUTES ? TOO_MANY : undefined;
}

/** TOO_LARGE where attributes of about so many bytes are. */
export function tooLarge(bytes: number): Attributes | undefined {
  return bytes > MAX_ATTRIBUTES_BYTES ? TOO_LARGE : undefined;
}

/** The attributes, or TOO_LARGE: keys and values are counted as UTF-8. */
export function bounded(attributes: Attributes): Attributes {
  let bytes = 0;
  for (const [key, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return tooLarge(bytes) ?? attributes;
}

/** Why a record with these attributes is refused. */
export function attributeProblem(attributes: Attributes | MapText, whose = 'it has'): string | undefined {
  if (attributes === TOO_MANY) return `${whose} more than ${MAX_ATTRIBUTES} attributes`;
  return attributes === TOO_LARGE
    ? `${whose} attributes of more than ${MAX_ATTRIBUTES_BYTES} bytes`
    : undefined;
}
