import type { ReactElement } from 'react';
import type { Answer } from '../api/answer.js';
import { Ago } from './ago.js';
import { sentence } from './sentence.js';

/** Says why the last try to ask failed, and of when what is shown is. */
export function AnswerNotice({
  failure,
  answeredAt,
}: Pick<Answer<unknown>, 'failure' | 'answeredAt'>): ReactElement | null {
  if (failure === undefined) return null;
  return (
    <p className="notice bad">
      {/* Without its age, which would be said again every few seconds. */}
      <span role="alert">{sentence(failure.message)}</span>
      {answeredAt !== undefined && (
        <>
          {' '}
          Last answer: <Ago time={answeredAt} />.
        </>
      )}
    </p>
  );
}
