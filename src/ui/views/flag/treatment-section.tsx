import { type ReactElement, useId } from 'react';
import type { Comparison, TreatmentComparison } from '../../../server/comparison.js';
import { useNow } from '../../parts/clock.js';
import { ago, count, duration, shortCount } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { sentence } from '../../parts/sentence.js';
import { VariantName } from '../../parts/variant-name.js';
import { VerdictBadge } from '../../parts/verdict-badge.js';
import { VERDICT_WORDS } from '../../parts/verdict-words.js';
import type { VariantStyle } from '../../state/variant-style.js';
import { GuardrailTable } from './guardrail-table.js';
import type { Turn } from './verdict-turns.js';
import { HOLD_WORDS, requestRate } from './verdict-words.js';

/** The verdict on one treatment: its sentence, the evidence behind it, what is still needed and why it holds. */
export function TreatmentSection({
  comparison,
  treated,
  turn,
  style,
}: {
  readonly comparison: Comparison;
  readonly treated: TreatmentComparison;
  readonly turn: Turn | undefined;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  const id = useId();
  const { treatment, verdict, explanation } = treated;
  return (
    <section className="card treatment" aria-labelledby={id}>
      <h2 id={id} className="row">
        <span>
          <VariantName name={treatment} style={style} /> against <Name>{comparison.control}</Name>
        </span>
        <VerdictBadge verdict={verdict} />
      </h2>
      {turn && <TurnMark turn={turn} />}
      <p className="lead">{sentence(explanation[0] ?? '')}</p>
      <Needed comparison={comparison} treated={treated} />
      <Reasons treated={treated} />
      <GuardrailTable treated={treated} style={style} />
      {explanation.length > 1 && (
        <>
          <h3>Why</h3>
          <ul className="sentences">
            {explanation.slice(1).map((each) => (
              <li key={each}>{sentence(each)}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function TurnMark({ turn: { from, to, at } }: { readonly turn: Turn }): ReactElement {
  const now = useNow();
  return (
    <p className="turn">
      Turned <time dateTime={new Date(at).toISOString()}>{ago(new Date(at).toISOString(), now)}</time>:{' '}
      {VERDICT_WORDS[from].words} <span aria-hidden="true">→</span>
      <span className="unseen">to</span> {VERDICT_WORDS[to].words}
    </p>
  );
}

/** How many requests a decision still takes, and when they will have come. */
function Needed({
  comparison,
  treated,
}: {
  readonly comparison: Comparison;
  readonly treated: TreatmentComparison;
}): ReactElement | null {
  const { requestsNeeded, verdict, treatment } = treated;
  if (verdict !== 'hold' || requestsNeeded === null || requestsNeeded === 0) return null;
  const rate = requestRate(comparison, treatment);
  return (
    <p>
      About <strong>{count(Number(requestsNeeded.toPrecision(2)))} more requests</strong> of both variants
      decide, if there is no effect
      {rate > 0 && (
        <>
          ; at the {shortCount(rate)} a second of this window that takes about{' '}
          {duration(requestsNeeded / rate)}
        </>
      )}
      .
    </p>
  );
}

function Reasons({ treated: { reasons } }: { readonly treated: TreatmentComparison }): ReactElement | null {
  if (reasons.length === 0) return null;
  return (
    <dl className="reasons">
      {reasons.map((reason) => (
        <div key={reason}>
          <dt>{HOLD_WORDS[reason].why}</dt>
          <dd>{HOLD_WORDS[reason].next}</dd>
        </div>
      ))}
    </dl>
  );
}
