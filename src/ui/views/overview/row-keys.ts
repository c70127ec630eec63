import type { Virtualizer } from '@tanstack/react-virtual';
import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { isPlainKey } from '../../parts/keys.js';
import type { ListItem } from './board.js';

interface RowKeys {
  readonly box: { readonly current: HTMLElement | null };
  readonly items: readonly ListItem[];
  /** Key of the row that has the focus, or had it last. */
  readonly active: string | undefined;
  readonly setActive: (key: string) => void;
  readonly virtualizer: Virtualizer<Window, Element>;
}

/** Down, up and j, k move the focus from row to row, beyond those that are in the page; the arrows once it is among them. */
export function useRowKeys({ box, items, active, setActive, virtualizer }: RowKeys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isWithin = box.current?.contains(document.activeElement) ?? false;
      const step = stepOf(event, isWithin);
      if (step === 0) return;
      const index = next(items, active, step);
      const item = items[index];
      if (item === undefined) return;
      event.preventDefault();
      flushSync(() => setActive(item.key));
      virtualizer.scrollToIndex(index, { align: 'auto' });
      rowLink(box.current, index)?.focus({ preventScroll: true });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [box, items, active, setActive, virtualizer]);
}

/** The link of a row that is in the page. */
export function rowLink(box: HTMLElement | null, index: number): HTMLElement | null | undefined {
  return box?.querySelector<HTMLElement>(`li[data-index="${index}"] h3 a`);
}

function stepOf(event: KeyboardEvent, isWithin: boolean): -1 | 0 | 1 {
  if (!isPlainKey(event)) return 0;
  if (event.key === 'j' || (isWithin && event.key === 'ArrowDown')) return 1;
  return event.key === 'k' || (isWithin && event.key === 'ArrowUp') ? -1 : 0;
}

/** The next flag in that direction; without one to begin with, the first. */
function next(items: readonly ListItem[], active: string | undefined, step: -1 | 1): number {
  const from = items.findIndex(({ key }) => key === active);
  if (from < 0) return items.findIndex((item) => 'flag' in item);
  let index = from + step;
  while (items[index] !== undefined && !('flag' in (items[index] ?? {}))) index += step;
  return index;
}
