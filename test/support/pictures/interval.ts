import { createChart, HEIGHT, WIDTH } from './chart.js';
import { canary } from './runs.js';
import { area, curve, label, picture, rule } from './svg.js';

const PER_BLOCK = 1500;
const BLOCKS = 60;
const RANGE = [0.125, 8] as const;
const TICKS = [0.125, 0.25, 0.5, 1, 2, 4, 8].map((value) => ({ value, text: String(value) }));

/** The ratios that are not ruled out, look after look, for a harmless flag. */
export function interval(): string {
  const chart = createChart(
    PER_BLOCK * BLOCKS,
    RANGE,
    TICKS,
    "treatment's error rate over control's; shaded: not ruled out",
  );
  const looks = canary(5, 1, BLOCKS, PER_BLOCK).flatMap(({ errors, verdict }, i) =>
    errors === null ? [] : [{ x: chart.x((i + 1) * PER_BLOCK), errors, verdict }],
  );
  const low = looks.map(({ x, errors }) => ({ x, y: chart.y(errors.low) }));
  const high = looks.map(({ x, errors }) => ({ x, y: chart.y(errors.high ?? RANGE[1]) }));
  const ratio = looks.map(({ x, errors }) => ({ x, y: chart.y(errors.ratio ?? RANGE[1]) }));
  const safe = looks.find(({ verdict }) => verdict === 'roll-forward');
  const across = (value: number) =>
    [
      { x: chart.left, y: chart.y(value) },
      { x: chart.right, y: chart.y(value) },
    ] as const;
  const says =
    'The interval of the ratio narrows about 1 from look to look; once it lies below 1.5 the flag is rolled forward, and had it come to lie above 1, it would have been rolled back.';
  return picture(WIDTH, HEIGHT, 'The interval of a flag with no effect', says, [
    ...chart.axes,
    area([...high, ...low.toReversed()], 'band'),
    curve(ratio, 'ours'),
    rule(...across(1.5), 'harm', '6 5'),
    label(chart.right - 6, chart.y(1.5) - 10, 'below 1.5: safe', 'text', 'end'),
    label(chart.right - 6, chart.y(0.6), 'above 1: harm', 'text', 'end'),
    ...(safe === undefined
      ? []
      : [
          rule({ x: safe.x, y: chart.y(4.2) }, { x: safe.x, y: chart.y(0.24) }, 'ours', '2 4'),
          label(safe.x - 8, chart.y(3.2), 'proven safe: rolled forward', 'text', 'end'),
        ]),
  ]);
}
