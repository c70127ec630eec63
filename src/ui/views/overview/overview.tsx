import { type ReactElement, useMemo } from 'react';
import type { OverviewDocument, PageDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import type { Continuation } from '../../api/asking.js';
import { apiPath } from '../../api/client.js';
import { ForestAxis } from '../../parts/forest-plot.js';
import { count, percent } from '../../parts/format.js';
import { usePlace } from '../../state/place.js';
import '../../styles/overview.css';
import { AnswerNotice } from '../../parts/answer-notice.js';
import { AlertNews } from './alert-news.js';
import { mergeBoard, narrow } from './board.js';
import { NoMatch, NoTraffic } from './empty.js';
import { FlagList } from './flag-list.js';
import { Toolbar } from './toolbar.js';

const CONTINUATION: Continuation<OverviewDocument> = {
  path: (path, { generation }) =>
    `${path}${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(generation)}`,
  merge: mergeBoard,
};

/** Every flag with traffic. */
export function Overview({ page }: { readonly page: PageDocument | undefined }): ReactElement {
  const { since, until, service, env } = usePlace().query;
  const path = apiPath('overview', { since, until, service, env });
  const { value, failure, answeredAt } = useAnswer<OverviewDocument>(path, { continuation: CONTINUATION });
  return (
    <div className="overview">
      <h1>Flags</h1>
      <Toolbar services={value?.services ?? []} environments={value?.environments ?? []} />
      <AnswerNotice failure={failure} answeredAt={answeredAt} />
      {value === undefined ? (
        failure === undefined && <p role="status">Loading the flags.</p>
      ) : (
        <Board key={path} board={value} page={page} />
      )}
    </div>
  );
}

function Board({
  board,
  page,
}: {
  readonly board: OverviewDocument;
  readonly page: PageDocument | undefined;
}): ReactElement {
  const { query } = usePlace();
  const { q, verdict } = query;
  const shown = useMemo(() => narrow(board.flags, { q, verdict }), [board.flags, q, verdict]);
  return (
    <>
      <AlertNews flags={board.flags} />
      {board.cannot.map((sentence) => (
        <p key={sentence} className="notice wait">
          {sentence}
        </p>
      ))}
      {board.flags.length === 0 ? (
        <NoTraffic page={page} />
      ) : (
        <>
          <Legend board={board} shown={shown.length} />
          {shown.length === 0 ? (
            <NoMatch of={board.flags.length} />
          ) : (
            <FlagList flags={shown} query={query} />
          )}
        </>
      )}
    </>
  );
}

/** How many, what is still to come, and how the pictures are read. */
function Legend({
  board,
  shown,
}: {
  readonly board: OverviewDocument;
  readonly shown: number;
}): ReactElement {
  const { flags, pending, alpha } = board;
  const of = shown === flags.length ? '' : ` of ${count(flags.length)}`;
  return (
    <p className="soft legend">
      <span>
        <span role="status">
          {count(shown)}
          {of} {flags.length === 1 ? 'flag' : 'flags'}.
        </span>{' '}
        {pending > 0 &&
          `${count(pending)} ${pending === 1 ? 'comparison is' : 'comparisons are'} being made. `}
        Of all alerts at most {percent(alpha)} are false.
      </span>
      <span className="row">
        Ratio to the control: <ForestAxis /> 1 is no difference, to the right is worse.
      </span>
    </p>
  );
}
