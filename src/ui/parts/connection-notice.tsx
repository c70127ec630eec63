import type { ReactElement } from 'react';
import { useLive } from '../live/live.js';
import { Ago } from './ago.js';

/** Says when the backend does not answer, for as long as it does not. */
export function ConnectionNotice(): ReactElement | null {
  const { state, lostAt } = useLive();
  if (state !== 'lost') return null;
  return (
    <p className="notice bad">
      <span role="alert">
        The backend does not answer. What is shown is from before; the page asks again by itself.
      </span>
      {lostAt !== undefined && (
        <>
          {' '}
          Lost: <Ago time={new Date(lostAt).toISOString()} />.
        </>
      )}
    </p>
  );
}
