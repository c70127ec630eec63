import type { ReactElement } from 'react';
import type { BreakdownDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import { Answered } from '../../parts/answered.js';
import { Card } from '../../parts/card.js';
import { Tabs } from '../../parts/tabs.js';
import { setQuery, usePlace } from '../../state/place.js';
import { BreakdownTable } from './breakdown-table.js';
import type { SectionProps } from './section-props.js';

type By = BreakdownDocument['by'];

const TABS: readonly (readonly [By, string])[] = [
  ['route', 'By route'],
  ['version', 'By version'],
  ['reason', 'By reason'],
];

const NOTES: Readonly<Record<By, string>> = {
  route:
    'To look closer: a route is an outcome of the variant, and never decides. Intervals of 95 %, for one look.',
  version: 'By service, version and environment. Intervals of 95 %, for one look: they decide nothing.',
  reason: 'Evaluations, whatever became of them, by why they gave their variant.',
};

/** What a comparison counts, taken apart. */
export function BreakdownSection({ flag, query, looks }: SectionProps): ReactElement {
  const chosen = usePlace().query['by'];
  const by = TABS.find(([value]) => value === chosen)?.[0] ?? 'route';
  const answer = useAnswer<BreakdownDocument>(flagPath(flag, 'breakdown', { ...query, by }), {
    isCalm: true,
  });
  return (
    <Card id="breakdown" heading="Breakdown">
      <Tabs
        label="Broken down by"
        tabs={TABS}
        chosen={by}
        onChoose={(value) => setQuery({ by: value === 'route' ? undefined : value }, false)}
      >
        <p className="soft">{NOTES[by]}</p>
        <Answered answer={answer}>
          {(document) =>
            document.groups.length === 0 ? (
              <p>Nothing was counted in this window.</p>
            ) : (
              <BreakdownTable flag={flag} document={document} looks={looks} />
            )
          }
        </Answered>
      </Tabs>
    </Card>
  );
}
