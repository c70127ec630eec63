import type { ReactElement } from 'react';
import { useLive } from '../live/live.js';
import { useNow } from './clock.js';
import { ago } from './format.js';

/** Says when the backend does not answer, for as long as it does not. */
export function ConnectionNotice(): ReactElement | null {
  const { state, lostAt } = useLive();
  const now = useNow();
  if (state !== 'lost') return null;
  return (
    <p className="notice bad" role="alert">
      The backend does not answer since {ago(new Date(lostAt ?? now).toISOString(), now)}. What is shown is
      from before; the page asks again by itself.
    </p>
  );
}
