import { type ReactElement, useEffect, useMemo, useState } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { PageDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import { useKept } from '../../api/kept.js';
import { serverNow } from '../../api/server-time.js';
import { sentence } from '../../parts/sentence.js';
import { VERDICT_WORDS, worstVerdict } from '../../parts/verdict-words.js';
import { comparisonQuery } from '../../state/comparison-query.js';
import { usePlace } from '../../state/place.js';
import '../../styles/flag.css';
import { Name } from '../../parts/name.js';
import { type VariantStyle, variantStyles } from '../../state/variant-style.js';
import { BreakdownSection } from './breakdown-section.js';
import { ChangesSection } from './changes-section.js';
import { CourseSection } from './course-section.js';
import { EvaluationsSection } from './evaluations-section.js';
import { ExportSection } from './export-section.js';
import { FailureNotice } from './failure-notice.js';
import { FailuresSection } from './failures-section.js';
import { FlagHead } from './flag-head.js';
import { LatencySection } from './latency-section.js';
import { SampleSection } from './sample-section.js';
import { SectionLinks } from './section-links.js';
import type { SectionProps } from './section-props.js';
import { TraceDialog } from './trace-dialog.js';
import { TreatmentSection } from './treatment-section.js';
import { VariantsTable } from './variants-table.js';
import { lookAgain, NOTHING_SEEN, type Seen } from './verdict-turns.js';

/** What one flag does. */
export function Flag({
  flag,
  page,
}: {
  readonly flag: string;
  readonly page: PageDocument | undefined;
}): ReactElement {
  const { query } = usePlace();
  const asked = useMemo(() => comparisonQuery(query), [query]);
  const question = flagPath(flag, 'comparison', asked);
  const { value, failure } = useAnswer<Comparison>(question);
  const seen = useSeen(question, value);
  // While another question is asked, what was before is shown, and said to be: the page must not jump.
  const shown = useKept(value, failure !== undefined);
  // That the backend does not answer is said above, for all parts of the page.
  const isSaidAbove = failure?.status === 0 && value !== undefined;
  useTitle(flag, shown);
  return (
    <article className="flag">
      <FlagHead flag={flag} comparison={shown} />
      <Turned seen={seen} />
      {failure && !isSaidAbove && <FailureNotice flag={flag} failure={failure} shown={value} />}
      {value === undefined && failure === undefined && (
        <p role="status">
          {shown === undefined ? 'Loading the comparison.' : 'Loading; what is shown was asked for before.'}
        </p>
      )}
      {shown && <Compared {...{ flag, page, seen }} query={asked} comparison={shown} />}
      {query['trace'] && (
        <TraceDialog key={query['trace']} traceId={query['trace']} traceUrl={page?.traceUrl ?? null} />
      )}
    </article>
  );
}

interface ComparedProps extends Pick<SectionProps, 'flag' | 'query'> {
  readonly page: PageDocument | undefined;
  readonly seen: Seen;
  readonly comparison: Comparison;
}

function Compared({ flag, query, page, seen, comparison }: ComparedProps): ReactElement {
  const { control, variants, comparisons } = comparison;
  const looks = useLooks(
    variants.map(({ variant }) => variant),
    control,
  );
  const section = { flag, query, looks };
  return (
    <>
      <SectionLinks />
      <div id="verdicts" className="flag">
        {comparisons.length === 0 && <OnlyOne comparison={comparison} />}
        {comparisons.map((treated) => (
          <TreatmentSection
            key={treated.treatment}
            comparison={comparison}
            treated={treated}
            turn={seen.turns.get(treated.treatment)}
            style={looks.get(treated.treatment)}
          />
        ))}
      </div>
      <VariantsTable comparison={comparison} looks={looks} />
      <div id="latency">
        <LatencySection {...section} />
      </div>
      <div id="course">
        <CourseSection {...section} />
      </div>
      <div className="cards">
        <BreakdownSection {...section} />
        <FailuresSection {...section} variants={variants} traceUrl={page?.traceUrl ?? null} />
        <SampleSection comparison={comparison} looks={looks} />
        <EvaluationsSection {...section} from={comparison.window.from} />
        <ChangesSection changes={comparison.changes} />
        <ExportSection {...{ flag, query, comparison, page }} />
      </div>
    </>
  );
}

function OnlyOne({ comparison: { control } }: { readonly comparison: Comparison }): ReactElement {
  return (
    <div className="card">
      <p>
        No operation of another variant than <Name>{control}</Name> was counted in this window: there is
        nothing to compare. Give a second variant traffic, or choose an earlier beginning.
      </p>
    </div>
  );
}

/** Says a verdict that turned to who does not see it. */
function Turned({ seen }: { readonly seen: Seen }): ReactElement {
  const newest = [...seen.turns].sort(([, a], [, b]) => b.at - a.at)[0];
  return (
    <p className="unseen" role="status">
      {newest && (
        <>
          The verdict on <Name>{newest[0]}</Name> turned from {VERDICT_WORDS[newest[1].from].words} to{' '}
          {VERDICT_WORDS[newest[1].to].words}.
        </>
      )}
    </p>
  );
}

function useSeen(question: string, comparison: Comparison | undefined): Seen {
  const [seen, setSeen] = useState(NOTHING_SEEN);
  useEffect(() => {
    if (comparison === undefined) return;
    setSeen((before) => lookAgain(before, question, comparison.comparisons, serverNow()));
  }, [question, comparison]);
  return seen;
}

/** The same until the variants are others: with new ones every chart is drawn anew. */
function useLooks(variants: readonly string[], control: string): ReadonlyMap<string, VariantStyle> {
  const known = JSON.stringify([control, ...variants]);
  return useMemo(() => {
    const [control, ...variants] = JSON.parse(known) as string[];
    return variantStyles(variants, control);
  }, [known]);
}

function useTitle(flag: string, comparison: Comparison | undefined): void {
  const worst = worstVerdict(comparison?.comparisons.map(({ verdict }) => verdict) ?? []);
  const title =
    worst === undefined
      ? `${flag} - Telltale`
      : `${VERDICT_WORDS[worst].mark} ${VERDICT_WORDS[worst].words}: ${flag} - Telltale`;
  useEffect(() => {
    document.title = sentence(title);
  }, [title]);
}
