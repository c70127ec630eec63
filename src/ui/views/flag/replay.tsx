import { type ReactElement, useEffect, useId, useState } from 'react';
import type { CourseComparison, CourseDocument } from '../../../server/page/documents.js';
import { intervalWords } from '../../parts/forest-scale.js';
import { count, moment as momentText } from '../../parts/format.js';
import { followed } from '../../parts/link.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import { VerdictBadge } from '../../parts/verdict-badge.js';
import { addressOf, setQuery, usePlace } from '../../state/place.js';
import type { VariantStyle } from '../../state/variant-style.js';

export interface ReplayProps {
  readonly course: CourseDocument;
  readonly looks: ReadonlyMap<string, VariantStyle>;
  /** Which of the course's is looked at; undefined: the last, whichever that is. */
  readonly moment: string | undefined;
  readonly onMoment: (moment: string | undefined) => void;
}

/** What the verdict was at each moment, counted from the beginning until then. */
export function Replay({ course, looks, moment, onMoment }: ReplayProps): ReactElement {
  const id = useId();
  const { moments, comparisons } = course;
  const last = moments.length - 1;
  const index = indexOf(moments, moment);
  const go = (to: number) => onMoment(to >= last ? undefined : moments[Math.max(0, to)]);
  const { isPlaying, toggle } = usePlay(index, last, go);
  const at = moments[index] ?? course.window.to;
  return (
    <section className="card replay" aria-labelledby={id}>
      <h3 id={id}>Replay</h3>
      <div className="row">
        <button type="button" onClick={toggle}>
          {isPlaying ? 'Stop' : 'Play'}
        </button>
        <button type="button" onClick={() => go(index - 1)} aria-disabled={index === 0}>
          Step back
        </button>
        <input
          type="range"
          aria-label="Moment"
          aria-valuetext={`${momentText(at)}: ${verdictsText(comparisons, index)}`}
          {...{ min: 0, max: last, value: index }}
          onChange={({ target }) => go(Number(target.value))}
        />
        <button type="button" onClick={() => go(index + 1)} aria-disabled={index === last}>
          Step on
        </button>
      </div>
      <p className="row">
        <time dateTime={at}>{momentText(at)}</time>
        {index < last ? <AsOfThen until={at} /> : <span className="soft">the last moment</span>}
      </p>
      <Then {...{ course, looks, index }} />
    </section>
  );
}

/** What was known of each treatment then. */
function Then({
  course,
  looks,
  index,
}: Pick<ReplayProps, 'course' | 'looks'> & { readonly index: number }): ReactElement {
  const { comparisons, control } = course;
  return (
    <TableBox name="What was known then">
      <thead>
        <tr>
          {['Treatment', 'Verdict', 'Failed', 'Control failed', 'Error ratio', 'Slow ratio'].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {comparisons.map(({ treatment, verdict, errors, slow }) => (
          <tr key={treatment}>
            <th scope="row">
              <VariantName name={treatment} style={looks.get(treatment)} />
            </th>
            <td>
              <VerdictBadge verdict={verdict[index] ?? 'hold'} />
            </td>
            <td>{failedUntil(course, treatment, index)}</td>
            <td>{failedUntil(course, control, index)}</td>
            <td>{intervalWords(errors[index])}</td>
            <td>{intervalWords(slow[index])}</td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

/** Such as `41 of 1,020`. */
function failedUntil({ variants }: CourseDocument, variant: string, index: number): string {
  const of = variants.find((each) => each.variant === variant);
  const until = (values: readonly number[] = []) =>
    count(values.slice(0, index + 1).reduce((sum, value) => sum + value, 0));
  return `${until(of?.errors)} of ${until(of?.requests)}`;
}

/** The whole view as it was then. */
function AsOfThen({ until }: { readonly until: string }): ReactElement {
  const { flag, query } = usePlace();
  return (
    <a href={addressOf(flag, { ...query, until })} onClick={followed(() => setQuery({ until }))}>
      Open as of then
    </a>
  );
}

const PLAY_STEP_MS = 250;

/** From the chosen moment on to the last; from the last, from the first on. */
function usePlay(index: number, last: number, go: (index: number) => void) {
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (!isPlaying) return;
    if (index >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => go(index + 1), PLAY_STEP_MS);
    return () => clearTimeout(timer);
  });
  const toggle = () => {
    if (!isPlaying && index >= last) go(0);
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle };
}

/** Moments that were there stay, whatever comes later; of one that is gone the next is shown. */
function indexOf(moments: readonly string[], moment: string | undefined): number {
  if (moment === undefined) return moments.length - 1;
  const time = Date.parse(moment);
  const index = moments.findIndex((each) => Date.parse(each) >= time);
  return index < 0 ? moments.length - 1 : index;
}

function verdictsText(comparisons: readonly CourseComparison[], index: number): string {
  return comparisons
    .map(({ treatment, verdict }) => `${treatment} ${verdict[index]?.replace('-', ' ') ?? ''}`)
    .join(', ');
}
