import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { OverviewFlag } from '../../../server/page/documents.js';
import { leftFlag } from '../../state/place.js';
import { keyOfFlag, type ListItem, listItems } from './board.js';
import { FlagRow } from './flag-row.js';
import { rowLink, useRowKeys } from './row-keys.js';

/** Before a row was seen it counts as so high, in pixels. */
const ROW_ESTIMATE = 190;
const HEADING_ESTIMATE = 40;
const GAP = 8;

interface FlagListProps {
  readonly flags: readonly OverviewFlag[];
  readonly query: Readonly<Record<string, string>>;
}

/** All flags, of which only those in sight are in the page: there may be thousands. */
export function FlagList({ flags, query }: FlagListProps): ReactElement {
  const items = useMemo(() => listItems(flags), [flags]);
  const box = useRef<HTMLDivElement>(null);
  const scrollMargin = useTopOf(box);
  const [active, setActive] = useState(() => {
    const flag = leftFlag();
    return flag === undefined ? undefined : keyOfFlag(flag);
  });
  const activeIndex = useMemo(() => items.findIndex(({ key }) => key === active), [items, active]);
  // What has the focus, and the headings that name the sections, are never taken out.
  const kept = useMemo(
    () => items.flatMap((item, i) => ('heading' in item || i === activeIndex ? i : [])),
    [items, activeIndex],
  );
  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: (i) => ('heading' in (items[i] ?? {}) ? HEADING_ESTIMATE : ROW_ESTIMATE),
    getItemKey: useCallback((i: number) => items[i]?.key ?? i, [items]),
    rangeExtractor: useCallback(
      (range: Range) => [...new Set([...kept, ...defaultRangeExtractor(range)])].sort((a, b) => a - b),
      [kept],
    ),
    overscan: 4,
    gap: GAP,
    scrollMargin,
  });
  useReturn(box, activeIndex);
  useRowKeys({ box, items, active, setActive, virtualizer });

  const placed = virtualizer.getVirtualItems().flatMap(({ index, start }) => {
    const item = items[index];
    return item === undefined ? [] : [{ item, index, top: start - scrollMargin }];
  });
  return (
    <div ref={box} className="flag-list" style={{ height: virtualizer.getTotalSize() }}>
      {placed.map(({ item, index, top }) =>
        'heading' in item ? (
          <section key={item.key} aria-label={item.heading}>
            <h2
              ref={virtualizer.measureElement}
              data-index={index}
              style={{ transform: `translateY(${top}px)` }}
            >
              {item.heading}
            </h2>
            {/* biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from a list without marks. */}
            <ul role="list">
              {placed.map((other) => (
                <Row
                  key={other.item.key}
                  {...other}
                  section={item.section}
                  query={query}
                  measure={virtualizer.measureElement}
                  onFocus={setActive}
                />
              ))}
            </ul>
          </section>
        ) : null,
      )}
    </div>
  );
}

function Row({
  item,
  index,
  top,
  section,
  query,
  measure,
  onFocus,
}: {
  readonly item: ListItem;
  readonly index: number;
  readonly top: number;
  readonly section: number;
  readonly query: Readonly<Record<string, string>>;
  readonly measure: (node: HTMLElement | null) => void;
  readonly onFocus: (key: string) => void;
}): ReactElement | null {
  if ('heading' in item || item.section !== section) return null;
  return (
    <li
      ref={measure}
      data-index={index}
      aria-setsize={item.size}
      aria-posinset={item.position}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={() => onFocus(item.key)}
    >
      <FlagRow flag={item.flag} query={query} />
    </li>
  );
}

/** Who comes back from a flag has the focus on its row again, as soon as that is in the page. */
function useReturn(box: { readonly current: HTMLElement | null }, index: number): void {
  const isDone = useRef(index < 0);
  useEffect(() => {
    if (isDone.current) return;
    const { activeElement } = document;
    const isElsewhere = activeElement !== document.body && activeElement?.id !== 'content';
    const link = isElsewhere ? undefined : rowLink(box.current, index);
    link?.focus({ preventScroll: true });
    isDone.current = isElsewhere || link != null;
  });
}

/** How far below the page's beginning an element is; it moves as what is above it grows. */
function useTopOf(element: { readonly current: HTMLElement | null }): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current !== null) setTop(element.current.getBoundingClientRect().top + scrollY);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return Math.round(top);
}
