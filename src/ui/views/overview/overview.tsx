import type { ReactElement } from 'react';
import type { OverviewDocument, PageDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { apiPath } from '../../api/client.js';
import { VariantName } from '../../parts/variant-name.js';
import { VerdictBadge } from '../../parts/verdict-badge.js';
import { addressOf, usePlace } from '../../state/place.js';
import { variantStyles } from '../../state/variant-style.js';

/** Every flag with traffic. */
export function Overview({ page }: { readonly page: PageDocument | undefined }): ReactElement {
  const { query } = usePlace();
  const { since, until, service, env } = query;
  const { value, failure } = useAnswer<OverviewDocument>(apiPath('overview', { since, until, service, env }));
  if (value === undefined) return <p role="status">{failure?.message ?? 'Loading the flags.'}</p>;
  return (
    <section>
      <h1>Flags</h1>
      {page?.otlpUrl && <p className="soft">Telemetry is received at {page.otlpUrl}.</p>}
      <ul>
        {value.flags.map(({ flag, variants, comparisons }) => {
          const control = variants.find(({ isControl }) => isControl)?.variant;
          const styles = variantStyles(
            variants.map(({ variant }) => variant),
            control,
          );
          return (
            <li key={flag}>
              <a className="name" href={addressOf(flag, query)}>
                {flag}
              </a>{' '}
              {comparisons?.map(({ treatment, verdict, summary }) => (
                <p key={treatment}>
                  <VariantName name={treatment} style={styles.get(treatment)} />{' '}
                  <VerdictBadge verdict={verdict} /> {summary}
                </p>
              ))}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
