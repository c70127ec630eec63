import type { ReactElement } from 'react';
import { percent } from '../../parts/format.js';
import { SHAPE_PATHS } from '../../parts/variant-shape.js';
import type { VariantStyle } from '../../state/variant-style.js';
import type { Rate } from './rates.js';

const WIDTH = 120;
const INSET = 7;

/** A share with its interval: as a picture from 0 to the end of the column's axis, and in numbers. */
export function RateCell({
  rate,
  end,
  style,
}: {
  readonly rate: Rate | null;
  /** Where the axis ends. */
  readonly end: number;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  if (rate === null) return <td>-</td>;
  const x = (share: number) => INSET + (Math.min(share, end) / end) * (WIDTH - 2 * INSET);
  const colour = `var(${style?.property ?? '--text'})`;
  return (
    <td className="short">
      <span className="state">
        <svg className="rate" viewBox={`0 0 ${WIDTH} 14`} aria-hidden="true">
          <path className="forest-one" d={`M${INSET} 0V14`} />
          <path d={`M${x(rate.low)} 7H${x(rate.high)}`} stroke={colour} strokeWidth="2" />
          <path
            d={SHAPE_PATHS[style?.shape ?? 'circle']}
            fill={colour}
            transform={`translate(${x(rate.rate) - 6} 1)`}
          />
        </svg>
        <span>
          {percent(rate.rate)}{' '}
          <span className="soft">
            ({percent(rate.low)} to {percent(rate.high)})
          </span>
        </span>
      </span>
    </td>
  );
}
