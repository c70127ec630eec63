import { type PointerEvent, type ReactElement, type RefObject, useEffect, useState } from 'react';
import { MARGIN } from './chart-look.js';

/** What a chart over time lets do. Milliseconds since 1970. */
export interface TimeControl {
  readonly from: number;
  readonly to: number;
  /** A moment that is looked at. */
  readonly cursor: number | undefined;
  /** A stretch was marked by dragging. */
  readonly onBrush: (from: number, to: number) => void;
}

export interface PlotProps {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly label: string;
  readonly heightRem: number;
  readonly time: TimeControl | undefined;
}

/** Parts of the axis, 0 to 1. */
type Stretch = readonly [began: number, now: number];

/** Less is a click, or a hand that shook. */
const LEAST = 0.01;

/**
 * Where a chart is drawn. Over it the moment that is looked at, and the stretch that is being marked: not by ECharts' own
 * brush, which takes every touch, so that a phone could not scroll past a chart.
 */
export function Plot({ place, label, heightRem, time }: PlotProps): ReactElement {
  const [stretch, setStretch] = useState<Stretch>();
  useEscape(stretch !== undefined, () => setStretch(undefined));

  const begin = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const share = shareAt(event);
    if (share < 0 || share > 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setStretch([share, share]);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    if (stretch !== undefined) setStretch([stretch[0], Math.min(1, Math.max(0, shareAt(event)))]);
  };
  const end = () => {
    setStretch(undefined);
    if (stretch === undefined || time === undefined) return;
    const [a, b] = [Math.min(...stretch), Math.max(...stretch)];
    const at = (share: number) => time.from + share * (time.to - time.from);
    if (b - a >= LEAST) time.onBrush(at(a), at(b));
  };
  const handlers = time && {
    ...{ onPointerDown: begin, onPointerMove: move, onPointerUp: end },
    onPointerCancel: () => setStretch(undefined),
  };
  return (
    <div className={time ? 'plot over-time' : 'plot'} style={{ height: `${heightRem}rem` }} {...handlers}>
      <div ref={place} className="canvas" role="img" aria-label={label} />
      {time && <Marked time={time} stretch={stretch} />}
    </div>
  );
}

function Marked({
  time: { from, to, cursor },
  stretch,
}: {
  readonly time: TimeControl;
  readonly stretch: Stretch | undefined;
}): ReactElement {
  const { top, right, bottom, left } = MARGIN;
  return (
    <div
      className="over"
      style={{ top: `${top}rem`, right: `${right}rem`, bottom: `${bottom}rem`, left: `${left}rem` }}
    >
      {cursor !== undefined && (
        <div className="cursor" style={{ left: percentOf((cursor - from) / (to - from)) }} />
      )}
      {stretch && (
        <div
          className="marked"
          style={{
            left: percentOf(Math.min(...stretch)),
            width: percentOf(Math.abs(stretch[1] - stretch[0])),
          }}
        />
      )}
    </div>
  );
}

/** Where the pointer is between the ends of the axis. */
function shareAt({ currentTarget, clientX }: PointerEvent<HTMLElement>): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const { left, width } = currentTarget.getBoundingClientRect();
  return (clientX - left - MARGIN.left * rem) / (width - (MARGIN.left + MARGIN.right) * rem);
}

function percentOf(share: number): string {
  return `${100 * Math.min(1, Math.max(0, share))}%`;
}

function useEscape(isActive: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const heard = ({ key }: KeyboardEvent) => key === 'Escape' && onEscape();
    addEventListener('keydown', heard);
    return () => removeEventListener('keydown', heard);
  });
}
