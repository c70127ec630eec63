import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';
import type { TraceDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { apiPath } from '../../api/client.js';
import { Answered } from '../../parts/answered.js';
import { count, duration, moment } from '../../parts/format.js';
import { setQuery } from '../../state/place.js';
import { externalTrace } from './external-trace.js';
import { Waterfall } from './waterfall.js';

/** One trace of our own store, over the view that it was opened from. */
export function TraceDialog({
  traceId,
  traceUrl,
}: {
  readonly traceId: string;
  readonly traceUrl: string | null;
}): ReactElement {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const answer = useAnswer<TraceDocument & { readonly cannot?: null }>(
    apiPath(`traces/${encodeURIComponent(traceId)}`),
    { isCalm: true },
  );
  // Before it is taken away, it is closed: so the browser puts the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="trace"
      aria-labelledby={id}
      onClose={() => setQuery({ trace: undefined })}
    >
      <div className="row trace-head">
        <h2 id={id}>
          Trace <code className="name">{traceId}</code>
        </h2>
        {traceUrl !== null && (
          <a href={externalTrace(traceUrl, traceId)} target="_blank" rel="noreferrer">
            Open elsewhere
          </a>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <Answered answer={answer}>
        {(trace) => (
          <>
            <p>
              {moment(trace.start)}, {duration(trace.durationSeconds)}, {count(trace.spans.length)} spans
              {trace.leftOut > 0 && `; ${count(trace.leftOut)} more are not shown`}.
            </p>
            <Waterfall trace={trace} />
          </>
        )}
      </Answered>
    </dialog>
  );
}
