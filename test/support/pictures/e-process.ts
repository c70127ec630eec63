import type { Judgement } from '../../../src/stats/index.js';
import { createChart, HEIGHT, WIDTH } from './chart.js';
import { canary } from './runs.js';
import { curve, dot, label, picture, rule } from './svg.js';

const PER_BLOCK = 500;
const BLOCKS = 80;
const PROOF = 20;
const TICKS = [
  { value: 0.1, text: '0.1' },
  { value: 1, text: '1' },
  { value: 10, text: '10' },
  { value: 100, text: '100' },
];

/** Evidence of harm of a harmful and of a harmless flag, look after look. */
export function eProcess(): string {
  const chart = createChart(PER_BLOCK * BLOCKS, [0.07, 100], TICKS, 'evidence of harm, to 1');
  const points = (judgements: readonly Judgement[]) => [
    { x: chart.left, y: chart.y(1) },
    ...judgements.map(({ errors }, i) => ({
      x: chart.x((i + 1) * PER_BLOCK),
      y: chart.y(Math.exp(errors?.logEHarm ?? 0)),
    })),
  ];
  const looks = canary(3, 1.7, BLOCKS, PER_BLOCK);
  const harmful = points(looks.slice(0, looks.findIndex(({ verdict }) => verdict === 'roll-back') + 1));
  const harmless = points(canary(4, 1, BLOCKS, PER_BLOCK));
  const end = harmful.at(-1) ?? { x: chart.left, y: chart.y(1) };
  const proof = chart.y(PROOF);
  const says =
    'The evidence against a flag with 1.7 times the errors climbs past 20 to 1, where it is rolled back; that against a harmless flag stays about 1.';
  return picture(WIDTH, HEIGHT, 'Evidence of harm, looked at every 500 requests', says, [
    ...chart.axes,
    rule({ x: chart.left, y: proof }, { x: chart.right, y: proof }, 'harm', '6 5'),
    label(chart.left + 8, proof - 8, '20 to 1: roll back', 'text'),
    curve(harmless, 'ours'),
    curve(harmful, 'harm'),
    dot(end, 'harm'),
    label(end.x + 12, end.y - 6, '1.7 times the errors: rolled back', 'text'),
    label(chart.right - 6, chart.y(0.75), 'no effect', 'text', 'end'),
  ]);
}
