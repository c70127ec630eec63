import type { ReactElement } from 'react';
import { setPaused, useLive } from '../live/live.js';
import { usePlace } from '../state/place.js';
import { setTheme, type Theme, useTheme } from '../state/theme.js';
import { useNow } from './clock.js';
import { ago } from './format.js';
import { Link } from './link.js';

/** What every view begins with: the way home, what is live, and the theme. */
export function Top(): ReactElement {
  const theme = useTheme();
  return (
    <header className="row top">
      <Home />
      <div className="row">
        <LiveState />
        <label className="state">
          <span>Theme</span>
          <select value={theme} onChange={({ target }) => setTheme(target.value as Theme)}>
            <option value="auto">System</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
      </div>
    </header>
  );
}

/** To the overview as it was narrowed. */
function Home(): ReactElement {
  const { since, until, service, env, q, verdict } = usePlace().query;
  return (
    <Link className="home" flag={undefined} query={withoutAbsent({ since, until, service, env, q, verdict })}>
      Telltale
    </Link>
  );
}

function withoutAbsent(query: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

function LiveState(): ReactElement {
  const { state, stored, isPaused } = useLive();
  const { until } = usePlace().query;
  const now = useNow();
  const words =
    until !== undefined
      ? 'Past'
      : isPaused
        ? 'Paused'
        : { connecting: 'Connecting', connected: 'Live', lost: 'Not connected', denied: 'Token needed' }[
            state
          ];
  return (
    <span className="state">
      <span aria-hidden="true">{words === 'Live' ? '●' : '○'}</span>
      <span>
        {words}
        {stored?.at && <span className="soft">, last telemetry {ago(stored.at, now)}</span>}
      </span>
      {until === undefined && (
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          Pause
        </button>
      )}
    </span>
  );
}
