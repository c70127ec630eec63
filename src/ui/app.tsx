import { lazy, type ReactElement, Suspense } from 'react';
import type { PageDocument } from '../server/page/documents.js';
import { useAnswer } from './api/answer.js';
import { apiPath } from './api/client.js';
import { ConnectionNotice } from './parts/connection-notice.js';
import { FailedView } from './parts/failed-view.js';
import { TokenPrompt } from './parts/token-prompt.js';
import { Top } from './parts/top.js';
import { usePlace } from './state/place.js';
import { Overview } from './views/overview/overview.js';

/** With the charts, which the overview does without. */
const Flag = lazy(() => import('./views/flag/flag.js').then(({ Flag }) => ({ default: Flag })));

export function App(): ReactElement {
  const { flag } = usePlace();
  const page = useAnswer<PageDocument>(apiPath('page'), { isCalm: true });
  const isDenied = page.failure?.status === 401;
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Top />
      <ConnectionNotice />
      <main id="content" tabIndex={-1}>
        {isDenied ? (
          <TokenPrompt message={page.failure?.message ?? ''} isAsking={page.isLoading} />
        ) : (
          <FailedView key={flag === undefined ? 'overview' : `of ${flag}`}>
            {flag === undefined ? (
              <Overview page={page.value} />
            ) : (
              <Suspense fallback={<p role="status">Loading the view of a flag.</p>}>
                <Flag flag={flag} page={page.value} />
              </Suspense>
            )}
          </FailedView>
        )}
      </main>
    </div>
  );
}
