import type { LatencyDocument, VariantDistribution } from '../../server/page/documents.js';
import { duration, percent } from '../parts/format.js';
import type { VariantStyle } from '../state/variant-style.js';
import { type ChartLook, MARGIN, variantColor } from './chart-look.js';
import type { ChartOption } from './chart-option.js';
import { PERCENTILES } from './course-lines.js';
import { type LatencyView, rangeOf, sayAt, shapeOf, ticksBetween } from './latency-shape.js';
import { dashOf, gridOf, labelOf, tooltipOf, valueAxis } from './time-chart.js';

/** Height of the strip above, where the percentiles are. */
const STRIP_REM = 4.5;

/** Distributions from the buckets as they were recorded, on an axis of doublings; the percentiles in a strip above. */
export function latencyOption(
  document: LatencyDocument,
  looks: ReadonlyMap<string, VariantStyle>,
  view: LatencyView,
  look: ChartLook,
): ChartOption {
  const { variants, slowThreshold } = document;
  const grid = gridOf(look);
  const styled = variants.map((of) => ({ of, style: looks.get(of.variant) }));
  return {
    animation: false,
    textStyle: { fontFamily: look.font, fontSize: 0.75 * look.rem, color: look.soft },
    grid: [
      { ...grid, bottom: 'auto', height: (STRIP_REM - 0.75) * look.rem },
      { ...grid, top: (MARGIN.top + STRIP_REM) * look.rem },
    ],
    xAxis: durationAxes(rangeOf(document), look),
    yAxis: [
      {
        ...{ type: 'category', gridIndex: 0, data: [...PERCENTILES], inverse: true },
        axisLabel: labelOf(look),
        ...{ axisTick: { show: false }, axisLine: { show: false, onZero: false } },
        splitLine: { show: true, lineStyle: { color: look.line } },
      },
      {
        ...valueAxis({ format: percent, min: 0, ...(view === 'cumulative' && { max: 1 }) }, look),
        gridIndex: 1,
      },
    ],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: tooltipOf(look, (place) => [duration(2 ** place), ...sayAt(document, 2 ** place)]),
    series: [
      ...styled.map(({ of, style }) => ({
        ...line(`shape of ${of.variant}`, 1),
        data: shapeOf(of, view),
        color: variantColor(look, style),
        lineStyle: { width: 2, type: dashOf(style) },
      })),
      ...styled.map(({ of, style }, i) => ({
        ...line(`percentiles of ${of.variant}`, 0),
        ...percentileMarks(of, style, (i - (variants.length - 1) / 2) * 0.25, look),
      })),
      ...[0, 1].map((grid) => slowLine(grid, slowThreshold, look)),
    ],
  };
}

function line(id: string, grid: number) {
  return {
    ...{ id, type: 'line' as const, silent: true, showSymbol: false, emphasis: { disabled: true } },
    ...{ xAxisIndex: grid, yAxisIndex: grid },
  };
}

function durationAxes([from, to]: readonly [number, number], look: ChartLook) {
  const ticks = ticksBetween(from, to).map(Math.log2);
  const axis = {
    ...{ type: 'value' as const, min: Math.log2(from), max: Math.log2(to) },
    splitLine: { show: false },
  };
  return [
    {
      ...axis,
      gridIndex: 0,
      axisLabel: { show: false },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    {
      ...{ ...axis, gridIndex: 1, axisLine: { lineStyle: { color: look.strong } } },
      axisTick: { show: true, customValues: ticks },
      axisLabel: {
        ...{ ...labelOf(look), customValues: ticks, hideOverlap: true },
        formatter: (value: number) => duration(2 ** value),
      },
    },
  ];
}

/** Beside each other where they are alike: each variant a little lower than the one before. */
function percentileMarks(
  of: VariantDistribution,
  style: VariantStyle | undefined,
  offsetRem: number,
  look: ChartLook,
) {
  return {
    ...{ showSymbol: true, symbol: style?.shape ?? 'circle', symbolSize: 0.6 * look.rem },
    symbolOffset: [0, offsetRem * look.rem],
    lineStyle: { width: 0 },
    color: variantColor(look, style),
    data: PERCENTILES.flatMap((name) => {
      const seconds = of[name];
      return seconds === null || seconds <= 0 ? [] : [[Math.log2(seconds), name]];
    }),
  };
}

function slowLine(grid: number, threshold: number | null, look: ChartLook) {
  return {
    ...{ ...line(`slow ${grid}`, grid), data: [] },
    markLine: {
      ...{ silent: true, symbol: 'none', animation: false },
      lineStyle: { color: look.text, width: 1, type: 'solid' as const },
      data: threshold === null ? [] : [{ xAxis: Math.log2(threshold) }],
      label: {
        ...{ ...labelOf(look), color: look.text, show: grid === 0 },
        position: 'start' as const,
        formatter: () => (threshold === null ? '' : `slow: over ${duration(threshold)}`),
      },
    },
  };
}
