import type { ReactElement, ReactNode } from 'react';
import type { Answer } from '../api/answer.js';
import { useKept } from '../api/kept.js';
import { AnswerNotice } from './answer-notice.js';
import { sentence } from './sentence.js';

/** A part of a view that asks for itself: what it shows once there is an answer, else why there is none. */
export function Answered<T extends { readonly cannot?: string | null }>({
  answer,
  isPartial = false,
  children,
}: {
  readonly answer: Answer<T>;
  /** Whether there is something to show where the source cannot tell all. */
  readonly isPartial?: boolean;
  readonly children: (value: T) => ReactNode;
}): ReactElement {
  const { failure, value } = answer;
  const shown = useKept(value, failure !== undefined);
  // That the backend does not answer is said once, above all parts.
  const isSaidAbove = failure?.status === 0 && value !== undefined;
  return (
    <>
      {!isSaidAbove && <AnswerNotice {...answer} />}
      {shown === undefined && failure === undefined && <p className="soft">Loading.</p>}
      {shown?.cannot && <p className="notice wait">{sentence(shown.cannot)}</p>}
      {shown && (isPartial || !shown.cannot) && children(shown)}
    </>
  );
}
