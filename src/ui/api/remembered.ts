import { onToken } from './token.js';

/** An answer, and when it came, ISO 8601. */
export interface Remembered<T> {
  readonly value: T;
  readonly answeredAt: string;
}

/** The last answers to the latest questions, for who comes back to one. */
const remembered = new Map<string, Remembered<unknown>>();
const MOST = 16;
onToken(() => remembered.clear());

export function remember(path: string, answer: Remembered<unknown>): void {
  remembered.delete(path);
  remembered.set(path, answer);
  const [oldest] = remembered.keys();
  if (remembered.size > MOST && oldest !== undefined) remembered.delete(oldest);
}

/** The last answer of this page to a question, of the type that was asked for then. */
export function recall<T>(path: string): Remembered<T> | undefined {
  return remembered.get(path) as Remembered<T> | undefined;
}
