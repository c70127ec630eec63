import type { Shape, VariantStyle } from '../state/variant-style.js';
import { type ChartLook, MARGIN, variantColor } from './chart-look.js';
import type { ChartOption } from './chart-option.js';
import type { CourseLine } from './course-lines.js';
import { drawMarks, type Mark } from './marks.js';
import { shortName } from './short-name.js';
import { type Steps, stepAt } from './steps.js';
import { shortTime, tickText } from './time-text.js';

/** What all charts over time have in common: axes, marks, and what is said where the pointer is. */
export interface TimeFrame {
  readonly steps: Steps;
  readonly marks: readonly Mark[];
  /** What is said of a step, in lines. */
  say(index: number): readonly string[];
}

export interface ValueAxis {
  readonly format: (value: number) => string;
  readonly min: number;
  readonly max?: number;
  /** Where lines and labels are; absent: at round numbers. */
  readonly ticks?: readonly number[];
}

export function timeFrame({ steps, marks, say }: TimeFrame, axis: ValueAxis, look: ChartLook): ChartOption {
  const { from, to } = steps;
  return {
    animation: false,
    textStyle: { fontFamily: look.font, fontSize: 0.75 * look.rem, color: look.soft },
    grid: gridOf(look),
    xAxis: {
      ...{ type: 'time', min: from, max: to },
      axisLine: { onZero: false, lineStyle: { color: look.strong } },
      axisLabel: {
        ...labelOf(look),
        hideOverlap: true,
        formatter: (time: number) => tickText(time, to - from),
      },
      splitLine: { show: false },
    },
    yAxis: valueAxis(axis, look),
    tooltip: tooltipOf(look, (time) => say(stepAt(steps, time))),
    series: [
      {
        ...{ id: 'marks', type: 'line', data: [], silent: true },
        markLine: {
          ...{ silent: true, symbol: 'none', animation: false },
          lineStyle: { color: look.text, width: 1, type: 'solid' },
          data: drawMarks(marks, from, to).map(({ time, label, align }) => ({
            xAxis: time,
            label: { ...labelOf(look), show: label !== '', formatter: () => label, align, color: look.text },
          })),
        },
      },
    ],
  };
}

/** A line for each variant, through the middle of each step. */
export function courseOption(
  lines: readonly CourseLine[],
  looks: ReadonlyMap<string, VariantStyle>,
  frame: Omit<TimeFrame, 'say'>,
  axis: ValueAxis,
  look: ChartLook,
): ChartOption {
  const { from, to, starts, ends } = frame.steps;
  const say = (index: number) => [
    `${shortTime(starts[index] ?? from, to - from)} to ${shortTime(ends[index] ?? to, to - from)}`,
    ...lines.map((line) => `${shortName(line.variant)}  ${line.text(index)}`),
  ];
  const base = timeFrame({ ...frame, say }, axis, look);
  const drawn = lines.map(({ variant, values }, i) => {
    const style = looks.get(variant);
    return {
      ...{ id: `of ${variant}`, type: 'line' as const, showSymbol: true, silent: true },
      data: points(values, frame.steps, style?.shape, i / lines.length),
      ...{ color: variantColor(look, style), symbol: 'none', symbolSize: 0.5 * look.rem },
      lineStyle: { width: 2, type: dashOf(style) },
    };
  });
  return { ...base, series: [...drawn, ...seriesOf(base)] };
}

/** How often a line shows its variant's shape. */
const SHAPES_OF_LINE = 5;

/**
 * Some carry the variant's shape, those of each line elsewhere; and all that have no neighbour to draw a line to.
 *
 * @param offset Where the shapes begin, as a part of the distance between two
 */
function points(
  values: readonly (number | null)[],
  { starts, ends }: Steps,
  shape: Shape | undefined,
  offset: number,
) {
  const distance = Math.max(1, Math.floor(values.length / SHAPES_OF_LINE));
  const first = Math.floor(distance * (0.25 + offset)) % distance;
  return values.map((value, i) => {
    const point = [((starts[i] ?? 0) + (ends[i] ?? 0)) / 2, value];
    if (value === null) return point;
    const isAlone = (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    return isAlone || i % distance === first ? { value: point, symbol: shape ?? 'circle' } : point;
  });
}

export function seriesOf({ series }: ChartOption) {
  return series === undefined ? [] : Array.isArray(series) ? series : [series];
}

export function dashOf(style: VariantStyle | undefined): number[] | 'solid' {
  return style === undefined || style.dash.length === 0 ? 'solid' : [...style.dash];
}

/** In pixels, with nothing moved by ECharts: what lies over the chart is placed by the same margins. */
export function gridOf({ rem }: ChartLook) {
  return {
    ...{
      top: MARGIN.top * rem,
      right: MARGIN.right * rem,
      bottom: MARGIN.bottom * rem,
      left: MARGIN.left * rem,
    },
    outerBoundsMode: 'none' as const,
  };
}

export function labelOf({ rem, soft }: ChartLook) {
  return { fontSize: 0.75 * rem, color: soft };
}

export function valueAxis({ format, min, max, ticks }: ValueAxis, look: ChartLook) {
  const custom = ticks === undefined ? {} : { customValues: [...ticks] };
  return {
    ...{ type: 'value' as const, splitNumber: 5 },
    min,
    // Given even where there is none: what is not given stays as it was.
    max: () => max ?? null,
    axisLine: { onZero: false, show: false },
    axisTick: { show: false, ...custom },
    axisLabel: { ...labelOf(look), ...custom, formatter: format },
    splitLine: { lineStyle: { color: look.line } },
  };
}

/** @param say Lines of text for a place on the horizontal axis */
export function tooltipOf(look: ChartLook, say: (place: number) => readonly string[]) {
  return {
    ...{ trigger: 'axis' as const, confine: true, transitionDuration: 0 },
    // On the canvas: in an element the names in it would be read as HTML.
    renderMode: 'richText' as const,
    ...{ backgroundColor: look.raised, borderColor: look.strong, padding: 0.5 * look.rem },
    textStyle: { color: look.text, fontFamily: look.font, fontSize: 0.75 * look.rem },
    axisPointer: { type: 'line' as const, snap: false, lineStyle: { color: look.strong } },
    formatter: (shown: unknown) => {
      const [first] = Array.isArray(shown) ? (shown as { axisValue?: unknown }[]) : [];
      return typeof first?.axisValue === 'number' ? say(first.axisValue).join('\n') : '';
    },
  };
}
