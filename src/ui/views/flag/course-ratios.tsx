import { type ReactElement, useCallback, useMemo, useState } from 'react';
import type { CourseComparison, RatioInterval } from '../../../server/page/documents.js';
import { DEFAULT_PARAMETERS } from '../../../stats/evidence.js';
import { Chart } from '../../charts/chart.js';
import type { ChartLook } from '../../charts/chart-look.js';
import { ratioNumbers } from '../../charts/course-numbers.js';
import { type Level, ratioOption, turnsOf } from '../../charts/ratio-chart.js';
import { shortName } from '../../charts/short-name.js';
import { shortTime } from '../../charts/time-text.js';
import { intervalWords } from '../../parts/forest-scale.js';
import { duration, ratio } from '../../parts/format.js';
import type { CourseProps } from './course-charts.js';

const { harmErrors, harmSlow, marginErrors, marginSlow } = DEFAULT_PARAMETERS;

/** Beyond so many treatments the charts of the others are drawn when somebody asks. */
const DRAWN_AT_ONCE = 4;

/** Each treatment's ratios to the control as their bounds narrowed, and where the verdict turned. */
export function CourseRatios(
  props: CourseProps & { readonly query: Readonly<Record<string, string>> },
): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const { comparisons } = props.course;
  const others = comparisons.slice(DRAWN_AT_ONCE);
  return (
    <>
      {comparisons.slice(0, DRAWN_AT_ONCE).map((of) => (
        <TreatmentRatios key={of.treatment} of={of} {...props} />
      ))}
      {others.length > 0 && (
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>Ratios of {others.length} more treatments</summary>
          {isOpen && others.map((of) => <TreatmentRatios key={of.treatment} of={of} {...props} />)}
        </details>
      )}
    </>
  );
}

function TreatmentRatios({
  of,
  query,
  ...props
}: CourseProps & {
  readonly of: CourseComparison;
  readonly query: Readonly<Record<string, string>>;
}): ReactElement {
  const { slowThreshold } = props.course;
  const errors = useLevels(harmErrors, query['margin-errors'], marginErrors);
  const slow = useLevels(harmSlow, query['margin-slow'], marginSlow);
  const over = slowThreshold === null ? 'slow requests' : `requests over ${duration(slowThreshold)}`;
  return (
    <div className="charts">
      <RatioChart what="errors" ratios={of.errors} levels={errors} {...{ of, ...props }} />
      <RatioChart what={over} ratios={of.slow} levels={slow} {...{ of, ...props }} />
    </div>
  );
}

function useLevels(harm: number, asked: string | undefined, margin: number): Level[] {
  return useMemo(() => levels(harm, Number(asked ?? margin)), [harm, asked, margin]);
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
      title={`Ratio of ${what}: ${shortName(treatment)} to ${shortName(control)}`}
      summary={`Now ${intervalWords(ratios.at(-1))}. Line: the ratio; band: between its bounds.`}
      variants={[treatment]}
      {...{ option, looks, numbers, time }}
    />
  );
}
