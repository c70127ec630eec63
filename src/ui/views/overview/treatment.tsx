import type { ReactElement } from 'react';
import type { OverviewComparison, RatioInterval } from '../../../server/page/documents.js';
import { ForestPlot } from '../../parts/forest-plot.js';
import { intervalWords } from '../../parts/forest-scale.js';
import { count, duration } from '../../parts/format.js';
import { sentence } from '../../parts/sentence.js';
import { VariantName } from '../../parts/variant-name.js';
import { VerdictBadge } from '../../parts/verdict-badge.js';
import type { VariantStyle } from '../../state/variant-style.js';

interface TreatmentProps {
  readonly comparison: OverviewComparison;
  readonly style: VariantStyle | undefined;
}

/** What the verdict on one treatment is, and what it rests on. */
export function Treatment({ comparison, style }: TreatmentProps): ReactElement {
  const { treatment, verdict, summary, requestsNeeded, errors, slow } = comparison;
  return (
    <section className="treatment">
      <p className="row">
        <VariantName name={treatment} style={style} />
        <VerdictBadge verdict={verdict} />
        {verdict === 'hold' && requestsNeeded !== null && requestsNeeded > 0 && (
          <span className="soft">
            about {count(Number(requestsNeeded.toPrecision(2)))} more requests to prove it safe
          </span>
        )}
      </p>
      <dl className="ratios">
        <Ratio event="Errors" interval={errors} style={style} />
        <Ratio
          event={slow.threshold === null ? 'Slow' : `Slower than ${duration(slow.threshold)}`}
          interval={slow}
          style={style}
        />
      </dl>
      <p className="name">{sentence(summary)}</p>
    </section>
  );
}

/** A ratio to the control. */
function Ratio({
  event,
  interval,
  style,
}: {
  readonly event: string;
  readonly interval: RatioInterval;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  return (
    <>
      <dt>{event}</dt>
      <dd>
        <ForestPlot interval={interval} style={style} />
        <span>
          <span className="unseen">ratio to the control: </span>
          {intervalWords(interval)}
        </span>
      </dd>
    </>
  );
}
