import type { ReactElement } from 'react';
import type { ChangeDocument } from '../../../server/change-log.js';
import type { Mark } from '../../charts/marks.js';
import { moment, percent } from '../../parts/format.js';

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
            {moment(change.time)}: <bdi className="name">{changeText(change)}</bdi>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Such as `flag v7: on 25 % (before: 10 %), by ada: ramp`. */
function changeText(change: ChangeDocument): string {
  const { kind, service, environment, version, shares, sharesBefore, description, author } = change;
  const what =
    kind === 'flag' ? 'flag' : ['deployment of', service ?? 'a service', environment && `in ${environment}`];
  const words = [what, version && `version ${version}`].flat().filter(Boolean).join(' ');
  const given = Object.entries(shares ?? {}).map(([variant, share]) => {
    const before = sharesBefore?.[variant];
    return `${variant} ${before === undefined || before === share ? '' : `${percent(before)} to `}${percent(share)}`;
  });
  return [[words, given.join(', ')].filter(Boolean).join(': '), author && `by ${author}`, description]
    .filter(Boolean)
    .join('; ');
}
