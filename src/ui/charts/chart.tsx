import { type ReactElement, useId } from 'react';
import { VariantName } from '../parts/variant-name.js';
import type { VariantStyle } from '../state/variant-style.js';
import { type Numbers, NumbersTable } from './numbers-table.js';
import { type Caption, savePicture } from './picture.js';
import { Plot, type TimeControl } from './plot.js';
import { type MakeOption, useCanvas } from './use-canvas.js';
import '../styles/charts.css';

export interface ChartProps extends Caption {
  readonly option: MakeOption;
  /** What it is drawn from. */
  readonly numbers: () => Numbers;
  readonly heightRem?: number;
  /** Of a chart over time. */
  readonly time?: TimeControl;
}

/** A chart with its heading, its sentence, its legend, its picture to keep, and the numbers behind it. */
export function Chart(props: ChartProps): ReactElement {
  const { title, summary, option, variants, looks, numbers, heightRem = 13, time } = props;
  const id = useId();
  const { place, chart } = useCanvas(option);
  const keep = () => {
    if (chart.current !== undefined) savePicture(chart.current, props);
  };
  return (
    <figure className="card chart" aria-labelledby={id}>
      <figcaption>
        <div className="row head">
          <h3 id={id}>{title}</h3>
          <button type="button" onClick={keep} aria-label={`Save as PNG: ${title}`}>
            PNG
          </button>
        </div>
        <p className="soft">{summary}</p>
        <ul className="row legend">
          {variants.map((variant) => (
            <li key={variant} className="state">
              <Dash style={looks.get(variant)} />
              <VariantName name={variant} style={looks.get(variant)} />
            </li>
          ))}
        </ul>
      </figcaption>
      <Plot place={place} label={`${title}. ${summary}`} heightRem={heightRem} time={time} />
      <NumbersTable title={title} numbers={numbers} />
    </figure>
  );
}

/** As the line in the chart is broken. */
function Dash({ style }: { readonly style: VariantStyle | undefined }): ReactElement {
  return (
    <svg width="28" height="4" aria-hidden="true">
      <path
        d="M0 2h28"
        stroke={style === undefined ? 'currentColor' : `var(${style.property})`}
        strokeWidth="2.5"
        strokeDasharray={style?.dash.join(' ')}
      />
    </svg>
  );
}
