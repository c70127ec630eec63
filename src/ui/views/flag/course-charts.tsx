import { type ReactElement, useCallback, useMemo, useState } from 'react';
import type { CourseDocument } from '../../../server/page/documents.js';
import { Chart } from '../../charts/chart.js';
import type { ChartLook } from '../../charts/chart-look.js';
import {
  type CourseLine,
  errorRates,
  lastSeen,
  PERCENTILES,
  type Percentile,
  percentiles,
  rates,
  shares,
} from '../../charts/course-lines.js';
import { lineNumbers } from '../../charts/course-numbers.js';
import type { TimeControl } from '../../charts/plot.js';
import { shortName } from '../../charts/short-name.js';
import type { Steps } from '../../charts/steps.js';
import { courseOption, type ValueAxis } from '../../charts/time-chart.js';
import { shortTime } from '../../charts/time-text.js';
import { Choice } from '../../parts/choice.js';
import { duration, percent, ratio } from '../../parts/format.js';
import type { VariantStyle } from '../../state/variant-style.js';
import { changeMarks } from './course-changes.js';

export interface CourseProps {
  readonly course: CourseDocument;
  readonly steps: Steps;
  readonly looks: ReadonlyMap<string, VariantStyle>;
  readonly time: TimeControl;
}

const PERCENTILE_CHOICES = PERCENTILES.map((name) => [name, name] as const);
const TRAFFIC = [
  ['rate', 'Requests a second'],
  ['share', 'Share'],
] as const;
type Traffic = (typeof TRAFFIC)[number][0];

const SHARE: ValueAxis = { format: percent, min: 0 };
const SECONDS: ValueAxis = { format: (seconds) => (seconds === 0 ? '0 s' : duration(seconds)), min: 0 };
const RATE: ValueAxis = { format: (value) => `${ratio(value)}/s`, min: 0 };

/** What each variant did, step by step, all over each other. */
export function CourseCharts({ course, steps, looks, time }: CourseProps): ReactElement {
  const [percentile, setPercentile] = useState<Percentile>('p95');
  const [traffic, setTraffic] = useState<Traffic>('rate');
  const failed = useMemo(() => errorRates(course), [course]);
  const latency = useMemo(() => percentiles(course, percentile), [course, percentile]);
  const requests = useMemo(
    () => (traffic === 'rate' ? rates(course, steps) : shares(course)),
    [course, steps, traffic],
  );
  const shared = { ...{ course, steps, looks, time } };
  return (
    <>
      <div className="row">
        <Choice
          legend="Percentile"
          options={PERCENTILE_CHOICES}
          value={percentile}
          onChange={setPercentile}
        />
        <Choice legend="Traffic" options={TRAFFIC} value={traffic} onChange={setTraffic} />
      </div>
      <div className="charts">
        <LineChart title="Error rate" lines={failed} axis={SHARE} {...shared} />
        <LineChart title={`Duration, ${percentile}`} lines={latency} axis={SECONDS} {...shared} />
        <LineChart
          title={traffic === 'rate' ? 'Requests a second' : 'Share of requests'}
          {...{ lines: requests, axis: traffic === 'rate' ? RATE : SHARE, ...shared }}
        />
      </div>
    </>
  );
}

function LineChart({
  title,
  lines,
  axis,
  course,
  steps,
  looks,
  time,
}: CourseProps & {
  readonly title: string;
  readonly lines: readonly CourseLine[];
  readonly axis: ValueAxis;
}): ReactElement {
  const option = useCallback(
    (look: ChartLook) =>
      courseOption(lines, looks, { steps, marks: changeMarks(course.changes) }, axis, look),
    [lines, looks, steps, course, axis],
  );
  const numbers = useCallback(() => lineNumbers(lines, steps), [lines, steps]);
  const last = Math.max(0, lastSeen(course));
  const [start = 0, end = 0] = [steps.starts[last], steps.ends[last]];
  const when = `${shortTime(start, steps.to - steps.from)} to ${shortTime(end, steps.to - steps.from)}`;
  const each = lines.map((line) => `${shortName(line.variant)} ${line.text(last)}`).join('; ');
  return (
    <Chart
      summary={`Last, ${when}: ${each}.`}
      variants={lines.map(({ variant }) => variant)}
      {...{ title, option, looks, numbers, time }}
    />
  );
}
