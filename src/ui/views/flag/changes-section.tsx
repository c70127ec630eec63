import type { ReactElement } from 'react';
import type { ChangeDocument } from '../../../server/change-log.js';
import { Card } from '../../parts/card.js';
import { changeAuthor, changeWords } from '../../parts/change-words.js';
import { moment } from '../../parts/format.js';
import { Name } from '../../parts/name.js';

/** The last changes of the flag, and deployments of its services, from before the window too. */
export function ChangesSection({ changes }: { readonly changes: readonly ChangeDocument[] }): ReactElement {
  return (
    <Card id="changes" heading="Last changes">
      {changes.length === 0 ? (
        <p>No change of the flag and no deployment is known.</p>
      ) : (
        <ol className="sentences">
          {changes.map((change) => (
            <li key={change.id}>
              <time dateTime={change.time}>{moment(change.time)}</time>: <Name>{wordsOf(change)}</Name>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** Such as `flag changed, on 1 % to 10 %, by alice`. */
export function wordsOf(change: ChangeDocument): string {
  const { kind, service, environment } = change;
  const what = kind === 'flag' ? 'flag changed' : `${service} deployed`;
  const where = environment === null ? '' : ` in ${environment}`;
  return [`${what}${where}`, changeWords(change), changeAuthor(change)].filter(Boolean).join(', ');
}
