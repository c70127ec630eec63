import { useState } from 'react';

/**
 * The value, or the last there was while another is asked for: so that a view does not jump.
 *
 * @param isRefused Whether there will be none: then nothing is kept
 */
export function useKept<T>(value: T | undefined, isRefused: boolean): T | undefined {
  const [kept, setKept] = useState(value);
  const next = value ?? (isRefused ? undefined : kept);
  if (next !== kept) setKept(next);
  return next;
}
