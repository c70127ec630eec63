import { type ReactElement, useCallback } from 'react';
import type { CourseComparison, RatioInterval } from '../../../server/page/documents.js';
import { DEFAULT_PARAMETERS } from '../../../stats/evidence.js';
import { Chart } from '../../charts/chart.js';
import type { ChartLook } from '../../charts/chart-look.js';
import { ratioNumbers } from '../../charts/course-numbers.js';
import { type Level, ratioOption, ratioText, turnsOf } from '../../charts/ratio-chart.js';
import { shortTime } from '../../charts/time-text.js';
import { duration, ratio } from '../../parts/format.js';
import type { CourseProps } from './course-charts.js';

const { harmErrors, harmSlow, marginErrors, marginSlow } = DEFAULT_PARAMETERS;

/** Each treatment's ratios to the control as their bounds narrowed, and where the verdict turned. */
export function CourseRatios({
  query,
  ...props
}: CourseProps & { readonly query: Readonly<Record<string, string>> }): ReactElement {
  const { course } = props;
  const errors = levels(harmErrors, Number(query['margin-errors'] ?? marginErrors));
  const slow = levels(harmSlow, Number(query['margin-slow'] ?? marginSlow));
  const over =
    course.slowThreshold === null ? 'slow requests' : `requests over ${duration(course.slowThreshold)}`;
  return (
    <>
      {course.comparisons.map((of) => (
        <div key={of.treatment} className="charts">
          <RatioChart what="errors" ratios={of.errors} levels={errors} {...{ of, ...props }} />
          <RatioChart what={over} ratios={of.slow} levels={slow} {...{ of, ...props }} />
        </div>
      ))}
    </>
  );
}

/** Above the first is harm, from the last on nothing is safe. */
function levels(harm: number, margin: number): Level[] {
  const margins: Level[] =
    Number.isFinite(margin) && margin > 1
      ? [{ ratio: margin, label: `${ratio(margin)} not safe`, place: 'insideEndTop' }]
      : [];
  const none: Level = { ratio: 1, label: '1 as the control', place: 'insideStartBottom' };
  return harm === 1
    ? [none, ...margins]
    : [none, { ratio: harm, label: `${ratio(harm)} harm above`, place: 'insideMiddleTop' }, ...margins];
}

function RatioChart({
  of,
  what,
  ratios,
  levels,
  course: { control },
  steps,
  looks,
  time,
}: CourseProps & {
  readonly of: CourseComparison;
  readonly what: string;
  readonly ratios: readonly RatioInterval[];
  readonly levels: readonly Level[];
}): ReactElement {
  const { treatment, verdict } = of;
  const option = useCallback(
    (look: ChartLook) => {
      const marks = turnsOf(verdict).map(({ index, words }) => {
        const at = steps.ends[index] ?? steps.to;
        return { time: at, label: `${shortTime(at, steps.to - steps.from)} ${words}` };
      });
      return ratioOption(ratios, looks.get(treatment), levels, { steps, marks }, look);
    },
    [verdict, ratios, treatment, levels, steps, looks],
  );
  const numbers = useCallback(() => ratioNumbers(ratios, verdict, steps), [ratios, verdict, steps]);
  return (
    <Chart
      title={`Ratio of ${what}: ${treatment} to ${control}`}
      summary={`Now ${ratioText(ratios.at(-1))} times. Line: the ratio; band: between its bounds.`}
      variants={[treatment]}
      {...{ option, looks, numbers, time }}
    />
  );
}
