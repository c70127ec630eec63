import type { ReactElement } from 'react';
import type { ChangeDocument } from '../../../server/change-log.js';
import type { Mark } from '../../charts/marks.js';
import { moment } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { wordsOf } from './changes-section.js';

/** What a change is called above its line. */
export function changeMarks(changes: readonly ChangeDocument[]): Mark[] {
  return changes.map(({ time, kind }, i) => ({
    time: Date.parse(time),
    label: `${i + 1} ${kind === 'flag' ? 'flag' : 'deployed'}`,
  }));
}

/** The changes that the lines across the charts stand for, by their numbers. */
export function CourseChanges({ changes }: { readonly changes: readonly ChangeDocument[] }): ReactElement {
  if (changes.length === 0)
    return <p className="soft">No change of the flag and no deployment in this time.</p>;
  return (
    <>
      <h3>Changes marked in the charts</h3>
      <ol>
        {changes.map((change) => (
          <li key={change.id}>
            {moment(change.time)}: <Name>{wordsOf(change)}</Name>
          </li>
        ))}
      </ol>
    </>
  );
}
