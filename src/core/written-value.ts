import { MAX_TEXT_LENGTH } from './limits.js';

/** A flag's value as a record has it: cut, and structures as JSON; nothing where it cannot be written. */
export function writtenValue(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_LENGTH);
  try {
    return JSON.stringify(value)?.slice(0, MAX_TEXT_LENGTH);
  } catch {
    // Cyclic, a bigint inside, or a toJSON that throws: the application's own business.
    return undefined;
  }
}
