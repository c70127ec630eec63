import { type ReactElement, useCallback, useId, useMemo, useState } from 'react';
import type { CourseDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import type { TimeControl } from '../../charts/plot.js';
import { stepsOf } from '../../charts/steps.js';
import { Answered } from '../../parts/answered.js';
import { zoneName } from '../../parts/format.js';
import { setQuery } from '../../state/place.js';
import { inOrder } from '../../state/variant-style.js';
import { CourseChanges } from './course-changes.js';
import { CourseCharts } from './course-charts.js';
import { CourseRatios } from './course-ratios.js';
import { Replay } from './replay.js';
import type { SectionProps } from './section-props.js';

/** At most: what a chart of a third of a screen can tell apart. */
const STEPS = '60';

/** How it went over time, on one axis: what variants did, the ratios with their bounds, what was changed; replayed. */
export function CourseSection({ flag, query, looks }: SectionProps): ReactElement {
  const id = useId();
  const path = flagPath(flag, 'course', { ...query, steps: STEPS });
  const answer = useAnswer<CourseDocument>(path, { isCalm: true });
  const brush = useBrush(query);
  return (
    <section className="part" aria-labelledby={id}>
      <div className="row">
        <h2 id={id}>Over time</h2>
        {brush.reset && (
          <button type="button" onClick={brush.reset}>
            Reset the time range
          </button>
        )}
      </div>
      <Answered answer={answer} isPartial>
        {(course) => <Course onBrush={brush.mark} {...{ course, query, looks }} />}
      </Answered>
    </section>
  );
}

function Course({
  course: answered,
  query,
  looks,
  onBrush,
}: Omit<SectionProps, 'flag'> & {
  readonly course: CourseDocument;
  readonly onBrush: TimeControl['onBrush'];
}): ReactElement {
  const [moment, setMoment] = useState<string>();
  const course = useMemo(
    () => ({ ...answered, variants: inOrder(answered.variants, looks) }),
    [answered, looks],
  );
  const steps = useMemo(() => stepsOf(course), [course]);
  const time = {
    ...{ from: steps.from, to: steps.to, onBrush },
    cursor: moment === undefined ? undefined : Date.parse(moment),
  };
  if (course.moments.length === 0) return <p>No requests in this time.</p>;
  return (
    <>
      {course.comparisons.length > 0 && <Replay {...{ course, looks, moment }} onMoment={setMoment} />}
      <p className="soft">
        Drag along a chart to look at that stretch alone; the time range above does it by keyboard. Times are
        in {zoneName()}.
      </p>
      <CourseCharts {...{ course, steps, looks, time }} />
      <CourseRatios {...{ course, steps, looks, time, query }} />
      <CourseChanges changes={course.changes} />
    </>
  );
}

/** A stretch that was marked becomes the time range; `reset` is there until what was before it is shown again. */
function useBrush({ since, until }: Readonly<Record<string, string>>) {
  const [before, setBefore] = useState<{
    readonly since?: string | undefined;
    readonly until?: string | undefined;
  }>();
  const mark = useCallback(
    (from: number, to: number) => {
      setBefore((first) => first ?? { since, until });
      setQuery({ since: isoSecond(from), until: isoSecond(to) });
    },
    [since, until],
  );
  const isElsewhere = before !== undefined && (before.since !== since || before.until !== until);
  const reset = () => {
    setQuery({ since: before?.since, until: before?.until });
    setBefore(undefined);
  };
  return { mark, reset: isElsewhere ? reset : undefined };
}

function isoSecond(time: number): string {
  return new Date(Math.round(time / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
