import type { ReactElement } from 'react';
import type { RatioInterval } from '../../server/page/documents.js';
import type { VariantStyle } from '../state/variant-style.js';
import '../styles/forest-plot.css';
import { forestMarks, positionOf } from './forest-scale.js';
import { SHAPE_PATHS } from './variant-shape.js';

const WIDTH = 240;
const HEIGHT = 24;
const MIDDLE = HEIGHT / 2;
/** Room for arrows and shapes at the ends. */
const INSET = 10;
const TICKS = [0.1, 0.5, 1, 2, 10];

function x(position: number): number {
  return INSET + position * (WIDTH - 2 * INSET);
}

/**
 * A ratio with its bounds on a logarithmic axis that is the same for all: a line at 1, a shape at the estimate, whiskers to the
 * bounds, an arrow where they lie beyond. The picture alone; whoever shows it says the numbers beside it.
 *
 * @param margin Ratio that is no longer safe: a dotted line
 */
export function ForestPlot({
  interval,
  style,
  margin,
}: {
  readonly interval: RatioInterval;
  readonly style: VariantStyle | undefined;
  readonly margin?: number;
}): ReactElement {
  const marks = forestMarks(interval);
  return (
    <svg className="forest" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path className="forest-one" d={vertical(1)} />
      {margin !== undefined && <path className="forest-margin" d={vertical(margin)} />}
      {marks !== null && (
        <g stroke={`var(${style?.property ?? '--text'})`} fill="none" strokeWidth="2">
          <path d={`M${x(marks.from)} ${MIDDLE}H${x(marks.to)}`} />
          <path d={end(marks.from, marks.isOpenLow ? 6 : 0)} />
          <path d={end(marks.to, marks.isOpenHigh ? -6 : 0)} />
        </g>
      )}
      {marks !== null && marks.estimate !== null && (
        <path
          d={SHAPE_PATHS[style?.shape ?? 'circle']}
          fill={`var(${style?.property ?? '--text'})`}
          transform={`translate(${x(marks.estimate) - 6} ${MIDDLE - 6})`}
        />
      )}
    </svg>
  );
}

function vertical(ratio: number): string {
  return `M${x(positionOf(ratio))} 0V${HEIGHT}`;
}

/** A stop, or with a reach the head of an arrow. */
function end(position: number, reach: number): string {
  const at = x(position);
  return reach === 0
    ? `M${at} ${MIDDLE - 5}V${MIDDLE + 5}`
    : `M${at + reach} ${MIDDLE - 5}L${at} ${MIDDLE}L${at + reach} ${MIDDLE + 5}`;
}

/** The axis of a column of forest plots. */
export function ForestAxis(): ReactElement {
  return (
    <svg className="forest" viewBox={`0 0 ${WIDTH} 18`} aria-hidden="true">
      {TICKS.map((tick) => (
        <text key={tick} x={x(positionOf(tick))} y="13" textAnchor="middle">
          {tick}
        </text>
      ))}
    </svg>
  );
}
