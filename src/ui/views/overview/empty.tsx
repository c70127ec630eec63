import type { ReactElement } from 'react';
import type { PageDocument } from '../../../server/page/documents.js';
import { useLive } from '../../live/live.js';
import { count } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { setQuery, usePlace } from '../../state/place.js';
import { spanWords } from '../../state/time-span.js';

/** Why there is no flag to show, and what to do next. */
export function NoTraffic({ page }: { readonly page: PageDocument | undefined }): ReactElement {
  const { service, env, since, until } = usePlace().query;
  const isNarrowed = [service, env, since, until].some((value) => value !== undefined);
  return (
    <div className="card empty">
      <h2>No flag had traffic {spanWords({ since, until })}</h2>
      {isNarrowed ? <Widen /> : page !== undefined && <FirstSteps otlpUrl={page.otlpUrl} />}
    </div>
  );
}

function Widen(): ReactElement {
  const { service, env, since, until } = usePlace().query;
  const isTimed = since !== undefined || until !== undefined;
  return (
    <>
      {service !== undefined && (
        <p>
          Only the service <Name>{service}</Name> is looked at.
        </p>
      )}
      {env !== undefined && (
        <p>
          Only the environment <Name>{env}</Name> is looked at.
        </p>
      )}
      <p className="row">
        {isTimed && (
          <button type="button" onClick={() => setQuery({ since: undefined, until: undefined })}>
            Look at the last 7 days
          </button>
        )}
        {(service !== undefined || env !== undefined) && (
          <button type="button" onClick={() => setQuery({ service: undefined, env: undefined })}>
            All services and environments
          </button>
        )}
      </p>
    </>
  );
}

/** Flags there are, of which none is what is looked for. */
export function NoMatch({ of }: { readonly of: number }): ReactElement {
  const { q, verdict } = usePlace().query;
  return (
    <div className="card empty">
      <p>
        None of {count(of)} flags has
        {q !== undefined && (
          <>
            {' '}
            <Name>{q}</Name> in its name
          </>
        )}
        {q !== undefined && verdict !== undefined && ' and'}
        {verdict !== undefined && ' this verdict'}.
      </p>
      <p>
        <button type="button" onClick={() => setQuery({ q: undefined, verdict: undefined })}>
          Show all flags
        </button>
      </p>
    </div>
  );
}

function FirstSteps({ otlpUrl }: { readonly otlpUrl: string | null }): ReactElement {
  if (otlpUrl === null) {
    return (
      <p>
        This backend receives nothing: it reads what others store. A flag is here as soon as that has
        operations with <code>feature_flags.</code> attributes, or Telltale&rsquo;s own metrics.
      </p>
    );
  }
  return (
    <>
      <p>Add three lines to an application on Express (other frameworks and flag SDKs: see the README):</p>
      <pre>
        <code>{STEPS}</code>
      </pre>
      <p>and start it with</p>
      <pre>
        <code>OTEL_EXPORTER_OTLP_ENDPOINT={otlpUrl} OTEL_METRIC_EXPORT_INTERVAL=1000 node app.js</code>
      </pre>
      <Received />
    </>
  );
}

const STEPS = `startTelemetry({ serviceName: 'shop' });        // from 'telltale/node', before express is loaded
OpenFeature.addHooks(new TelltaleHook());       // from 'telltale/openfeature'
app.use(flagObservability());                   // from 'telltale/express'`;

/** Moves with the first that comes. */
function Received(): ReactElement {
  const { spans = 0, points = 0, logRecords = 0 } = useLive().stored?.received ?? {};
  return (
    <>
      <p className="received">
        Received since this backend was started: <b>{count(spans)}</b> spans, <b>{count(points)}</b> metric
        points, <b>{count(logRecords)}</b> log records.
      </p>
      {/* Said once, where counts would be said each second. */}
      <p role="status">
        {spans + points + logRecords > 0 &&
          'Telemetry arrives, and none of it carries a flag yet: is the hook added, and a flag evaluated in a request?'}
      </p>
    </>
  );
}
