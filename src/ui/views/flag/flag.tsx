import type { ReactElement } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { PageDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { apiPath } from '../../api/client.js';
import { VerdictBadge } from '../../parts/verdict-badge.js';
import { usePlace } from '../../state/place.js';

/** What one flag does. */
export function Flag({
  flag,
}: {
  readonly flag: string;
  readonly page: PageDocument | undefined;
}): ReactElement {
  const { query } = usePlace();
  const { value, failure } = useAnswer<Comparison>(
    apiPath(`flags/${encodeURIComponent(flag)}/comparison`, query),
  );
  if (value === undefined) return <p role="status">{failure?.message ?? 'Loading the comparison.'}</p>;
  return (
    <article>
      <h1 className="name">{flag}</h1>
      {value.comparisons.map(({ treatment, verdict, explanation }) => (
        <section key={treatment}>
          <h2>
            <bdi className="name">{treatment}</bdi> against <bdi className="name">{value.control}</bdi>
          </h2>
          <VerdictBadge verdict={verdict} /> {explanation[0]}
        </section>
      ))}
    </article>
  );
}
