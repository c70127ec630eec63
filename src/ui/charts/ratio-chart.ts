import type { RatioInterval } from '../../server/page/documents.js';
import type { Verdict } from '../../stats/index.js';
import { intervalWords } from '../parts/forest-scale.js';
import { ratio } from '../parts/format.js';
import type { VariantStyle } from '../state/variant-style.js';
import { type ChartLook, variantColor } from './chart-look.js';
import type { ChartOption } from './chart-option.js';
import { dashOf, labelOf, seriesOf, type TimeFrame, timeFrame } from './time-chart.js';
import { shortTime } from './time-text.js';

/** A ratio across the whole chart, with its words. */
export interface Level {
  readonly ratio: number;
  readonly label: string;
  /** Where on the line the words are. */
  readonly place: 'insideStartBottom' | 'insideMiddleTop' | 'insideEndTop';
}

/** As far as any is drawn; bounds beyond run along the edge. */
const MOST = 32;
/** Doublings of which each has a line; beyond, every second. */
const MOST_LINES = 3;

/** The ratio after each step with its bounds, on an axis where twice as much and half as much are equally far from 1. */
export function ratioOption(
  ratios: readonly RatioInterval[],
  style: VariantStyle | undefined,
  levels: readonly Level[],
  frame: Omit<TimeFrame, 'say'>,
  look: ChartLook,
): ChartOption {
  const edge = edgeOf(ratios, levels);
  const place = (value: number) => Math.min(edge, Math.max(-edge, Math.log2(value)));
  const low = ratios.map(({ low, high }) => (low === null && high === null ? null : place(low ?? 0)));
  const high = ratios.map((of, i) => (low[i] == null ? null : of.high === null ? edge : place(of.high)));
  const { from, to, ends } = frame.steps;
  const base = timeFrame(
    { ...frame, say: (i) => [`until ${shortTime(ends[i] ?? to, to - from)}`, intervalWords(ratios[i])] },
    {
      ...{ min: -edge, max: edge, ticks: ticksWithin(edge) },
      format: (value) => ratio(2 ** value),
    },
    look,
  );
  const color = variantColor(look, style);
  const line = (id: string, values: readonly (number | null)[], rest: object) => ({
    ...{ id, type: 'line' as const, showSymbol: false, silent: true, color },
    data: ends.map((end, i): [number, number | null] => [end, values[i] ?? null]),
    ...rest,
  });
  const band = { stack: 'bounds', stackStrategy: 'all' as const, lineStyle: { width: 1, opacity: 0.7 } };
  const width = high.map((value, i) => (value === null || low[i] == null ? null : value - low[i]));
  const estimates = ratios.map(({ ratio }) => (ratio === null ? null : place(ratio)));
  return {
    ...base,
    series: [
      line('low', low, band),
      line('high', width, { ...band, areaStyle: { color, opacity: 0.15 } }),
      line('estimate', estimates, {
        lineStyle: { width: 2.5, type: dashOf(style) },
        markLine: levelLines(levels, look),
      }),
      ...seriesOf(base),
    ],
  };
}

function levelLines(levels: readonly Level[], look: ChartLook) {
  return {
    ...{ silent: true, symbol: 'none', animation: false },
    lineStyle: { color: look.strong, width: 1, type: 'solid' as const },
    data: levels.map(({ ratio, label, place }) => ({
      yAxis: Math.log2(ratio),
      label: { ...labelOf(look), position: place, formatter: () => label },
    })),
  };
}

/** Half the height of the axis, in doublings: what the last quarter needs, so that it is not flat because of the first moments. */
function edgeOf(ratios: readonly RatioInterval[], levels: readonly Level[]): number {
  const late = ratios.slice(Math.floor(0.75 * ratios.length));
  const values = [
    ...late.flatMap(({ ratio, low, high }) => [ratio, low, high]),
    ...levels.map(({ ratio }) => ratio),
  ].filter((value): value is number => value !== null && value > 0);
  const needed = Math.max(1, ...values.map((value) => Math.abs(Math.log2(value))));
  return Math.min(Math.log2(MOST), needed * 1.15);
}

function ticksWithin(edge: number): number[] {
  const distance = edge > MOST_LINES ? 2 : 1;
  const each = Math.floor(edge / distance);
  return Array.from({ length: 2 * each + 1 }, (_, i) => (i - each) * distance);
}

/** When a verdict was another than before. */
export interface Turn {
  readonly index: number;
  readonly words: string;
}

/** It begins as `hold`. */
export function turnsOf(verdict: readonly Verdict[]): Turn[] {
  return verdict.flatMap((now, index) =>
    now === (verdict[index - 1] ?? 'hold') ? [] : [{ index, words: now.replace('-', ' ') }],
  );
}
