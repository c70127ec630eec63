import type { ReactElement } from 'react';
import type { Answer } from '../../api/answer.js';
import { useNow } from '../../parts/clock.js';
import { ago, moment } from '../../parts/format.js';

/** Says why the last try to ask failed, and of when what is shown is. */
export function AnswerNotice({
  failure,
  answeredAt,
}: Pick<Answer<unknown>, 'failure' | 'answeredAt'>): ReactElement | null {
  const now = useNow();
  if (failure === undefined) return null;
  return (
    <p className="notice bad" role="alert">
      {failure.message}
      {answeredAt !== undefined && (
        <span title={moment(answeredAt)}> What is shown is from {ago(answeredAt, now)}.</span>
      )}
    </p>
  );
}
