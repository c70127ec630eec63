import type { ReactElement } from 'react';
import type { ChangeDocument } from '../../../server/change-log.js';
import type { OverviewFlag } from '../../../server/page/documents.js';
import { Ago } from '../../parts/ago.js';
import { changeAuthor, changeWords } from '../../parts/change-words.js';
import { CountedFrom } from '../../parts/counted-from.js';
import { Name } from '../../parts/name.js';

/** What is known of a flag beside its comparisons. */
export function Facts({ flag }: { readonly flag: OverviewFlag }): ReactElement {
  return (
    <ul className="facts soft">
      <li>
        Last seen <Ago time={flag.lastSeen} />
        {flag.comparedAt !== null && (
          <>
            , compared <Ago time={flag.comparedAt} />
          </>
        )}
      </li>
      {flag.lastChange && <LastChange change={flag.lastChange} />}
      {flag.evidence.length > 0 && (
        <li>
          <CountedFrom evidence={flag.evidence} />
        </li>
      )}
    </ul>
  );
}

function LastChange({ change }: { readonly change: ChangeDocument }): ReactElement {
  const words = changeWords(change);
  return (
    <li>
      Changed <Ago time={change.time} /> <Name>{changeAuthor(change)}</Name>
      {words !== '' && (
        <>
          : <Name>{words}</Name>
        </>
      )}
    </li>
  );
}
