/** A moment that is marked on the axis of time. */
export interface Mark {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly label: string;
}

/** A line across a chart, with the words above it. */
export interface DrawnMark extends Mark {
  /** Where the label lies, so that it is not cut off. */
  readonly align: 'left' | 'center' | 'right';
}

/** The part of the axis that a label takes. */
const ROOM = 0.15;

/**
 * Every mark has a line. Of labels that would lie over each other the newest is kept, with how many others it stands for;
 * the others are empty.
 */
export function drawMarks(marks: readonly Mark[], from: number, to: number): DrawnMark[] {
  const span = Math.max(1, to - from);
  const drawn: DrawnMark[] = [];
  let kept: Mark | undefined;
  let others = 0;
  const flush = () => {
    if (kept === undefined) return;
    const place = (kept.time - from) / span;
    const align = place < ROOM / 2 ? 'left' : place > 1 - ROOM / 2 ? 'right' : 'center';
    drawn.push({ time: kept.time, label: others > 0 ? `${kept.label} +${others}` : kept.label, align });
  };
  for (const mark of marks.toSorted((a, b) => b.time - a.time)) {
    if (kept !== undefined && kept.time - mark.time < ROOM * span) {
      others += 1;
      drawn.push({ time: mark.time, label: '', align: 'center' });
    } else {
      flush();
      kept = mark;
      others = 0;
    }
  }
  flush();
  return drawn;
}
