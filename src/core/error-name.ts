import { MAX_TEXT_LENGTH } from './limits.js';
import { ERROR_TYPE_OTHER } from './semconv.js';

/** What `error.type` and `exception.type` call a thrown value: its name where it is an error, else its type. */
export function nameOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    const name: unknown = error.name;
    return (typeof name === 'string' ? name.slice(0, MAX_TEXT_LENGTH) : '') || ERROR_TYPE_OTHER;
  } catch {
    // A getter or proxy of the application's that throws is no fault of ours, and a span waits to be ended.
    return ERROR_TYPE_OTHER;
  }
}
