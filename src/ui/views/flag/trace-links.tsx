import type { ReactElement } from 'react';
import type { FailureKind } from '../../../server/page/documents.js';
import { Ago } from '../../parts/ago.js';
import { followed } from '../../parts/link.js';
import { addressOf, setQuery, usePlace } from '../../state/place.js';
import { externalTrace } from './external-trace.js';

/** Traces of a failure: their spans here, and where a template for it was given, in the user's own tool. */
export function TraceLinks({
  traces,
  traceUrl,
}: {
  readonly traces: FailureKind['variants'][number]['traces'];
  readonly traceUrl: string | null;
}): ReactElement {
  const { flag, query } = usePlace();
  return (
    <ul className="traces">
      {traces.map(({ traceId, at }) => (
        <li key={traceId}>
          <a
            href={addressOf(flag, { ...query, trace: traceId })}
            onClick={followed(() => setQuery({ trace: traceId }))}
          >
            Trace <code>{shortId(traceId)}</code>
          </a>{' '}
          <span className="soft">
            <Ago time={at} />
          </span>
          {traceUrl !== null && (
            <>
              {' '}
              <a href={externalTrace(traceUrl, traceId)} target="_blank" rel="noreferrer">
                elsewhere<span className="unseen">: trace {shortId(traceId)}</span>
              </a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Its end: ids of 64 bits begin with zeros. */
function shortId(traceId: string): string {
  return traceId.slice(-8);
}
