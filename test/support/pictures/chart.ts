import { formatCount } from '../../../src/stats/index.js';
import { label, linear, logarithmic, rule, type Scale } from './svg.js';

export const WIDTH = 720;
export const HEIGHT = 380;
const LEFT = 74;
const RIGHT = WIDTH - 24;
const TOP = 58;
const BOTTOM = HEIGHT - 54;

export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Requests to the right, a ratio or odds upwards on a logarithmic scale. */
export interface Chart {
  readonly x: Scale;
  /** Held within the chart. */
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly axes: readonly string[];
}

export function createChart(
  requests: number,
  range: readonly [number, number],
  ticks: readonly Tick[],
  what: string,
): Chart {
  const x = linear([0, requests], [LEFT, RIGHT]);
  const within = logarithmic(range, [BOTTOM, TOP]);
  const y: Scale = (value) => within(Math.min(range[1], Math.max(range[0], value)));
  const axes = [
    label(16, 48, what, 'faint'),
    ...ticks.flatMap(({ value, text }) => [
      rule({ x: LEFT, y: y(value) }, { x: RIGHT, y: y(value) }, 'line'),
      label(LEFT - 8, y(value) + 5, text, 'faint', 'end'),
    ]),
    ...[0, 0.25, 0.5, 0.75, 1].map((part) =>
      label(
        x(part * requests),
        BOTTOM + 22,
        formatCount(part * requests),
        'faint',
        part === 1 ? 'end' : 'middle',
      ),
    ),
    label((LEFT + RIGHT) / 2, BOTTOM + 44, 'requests of both variants', 'faint', 'middle'),
  ];
  return { x, y, left: LEFT, right: RIGHT, axes };
}
