import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { decodeJson } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';

const REGISTER = 'telltale/register';

interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Exports once a minute, so that what is not exported at the end is lost. */
function start(url: string, env: Record<string, string> = {}, entry = 'app-no-code'): Promise<App> {
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  return startApp({ entry, telemetry: REGISTER, env: { ...otlp, ...env } });
}

/** A process that does not end is a failure, and no reason to leave it running. */
async function terminate(app: App): Promise<End> {
  const exited = once(app.process, 'exit', { signal: AbortSignal.timeout(12_000) });
  app.process.kill('SIGTERM');
  const [code, signal] = await exited;
  return { code, signal };
}

function evaluations(collector: Collector): number[] {
  const points = decodeJson(collector.exports).metric('feature_flag.evaluations');
  return points
    .filter((point) => point.attributes['feature_flag.key'] === 'checkout')
    .map((one) => one.count);
}

/** A backend that takes connections and never answers. */
async function startSilent(): Promise<{ server: Server; url: string }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}

describe('telltale/register with a wrong variable', () => {
  it('warns of one that there is not, and goes on', async () => {
    await using collector = await startCollector();
    await using app = await start(collector.url, { TELLTALE_RECROD: 'off', OTEL_LOG_LEVEL: 'warn' });
    expect((await app.get('/products/1')).status).toBe(200);
    await app.stop();
    expect(app.stderr()).toMatch(/there is no variable TELLTALE_RECROD; there are TELLTALE_RECORDS, /);
  });

  it.each([
    [{ OTEL_LOGS_EXPORTER: 'otel' }, 'OTEL_LOGS_EXPORTER is "otel"; expected otlp, console, none.'],
    [
      { TELLTALE_RECORDS: 'all' },
      '(TELLTALE_RECORDS) has to be one of sampled, once-per-scope, each, off, got',
    ],
    [{ TELLTALE_CHILD_SPANS: 'maybe' }, 'TELLTALE_CHILD_SPANS has to be true or false, got "maybe".'],
    [{ TELLTALE_HTTP_FLAGS: 'a-b,a.b' }, 'would both be the label "feature_flags_a_b" in Prometheus'],
    [{ TELLTALE_LIMIT_SPAN_FLAGS: '5000' }, '(TELLTALE_LIMIT_SPAN_FLAGS) has to be a whole number from 0 to'],
    [{ OTEL_CONFIG_FILE: '/no/such.yaml' }, 'OTEL_CONFIG_FILE is "/no/such.yaml", which cannot be read.'],
    [
      { TELLTALE_EXPORTER: 'datadgo' },
      '(TELLTALE_EXPORTER) has to be a list of one or more of otlp, datadog,',
    ],
    [{ TELLTALE_EXPORTER: 'datadog', DD_API_KEY: 'no key' }, 'DD_API_KEY cannot be an API key: it has white'],
  ])('says so in one line with %j, and leaves the application as it is', async (env, message) => {
    await using collector = await startCollector();
    // A CommonJS one, whose modules instrumentations reach without the loader.
    await using app = await start(collector.url, env, 'app-no-code.cjs');
    expect((await app.get('/products/1')).status).toBe(200);
    // As if nothing of Telltale was there: SIGTERM is the application's, and flags are evaluated without a hook.
    expect(await (await app.get('/listeners')).json()).toBe(0);
    expect(await (await app.get('/hooks')).json()).toBe(0);
    await app.stop();
    expect(app.stderr()).toMatch(/^telltale\/register: nothing is measured in this process\. [^\n]+\n$/);
    expect(app.stderr()).toContain(message);
    expect(collector.exports).toEqual([]);
  });
});

describe('telltale/register with OTEL_SDK_DISABLED', () => {
  it('leaves the application as it is', async () => {
    await using collector = await startCollector();
    await using app = await start(collector.url, { OTEL_SDK_DISABLED: 'true' });
    expect((await app.get('/products/1')).status).toBe(200);
    expect(await (await app.get('/listeners')).json()).toBe(0);
    await app.stop();
    expect(collector.exports).toEqual([]);
    expect(app.stderr()).toBe('');
  });
});

describe('telltale/register on SIGTERM', () => {
  it.each([
    ['that has no listener', {}],
    ['whose listener is gone', { APP_SIGTERM: 'gone' }],
  ])('exports what is waiting, and lets an application %s end by the signal', async (_what, env) => {
    await using collector = await startCollector();
    await using app = await start(collector.url, { ...env });
    await app.get('/products/1');
    expect(await terminate(app)).toEqual({ code: null, signal: 'SIGTERM' });
    expect(evaluations(collector)).toEqual([1]);
  });

  it("leaves the signal to the application's listener alone, and exports as the process runs out", async () => {
    await using collector = await startCollector();
    await using app = await start(collector.url, { APP_SIGTERM: 'own' });
    await app.get('/products/1');
    expect(await (await app.get('/listeners')).json()).toBe(1);
    expect(await terminate(app)).toEqual({ code: 7, signal: null });
    expect(evaluations(collector)).toEqual([1]);
  });

  it('waits 5 s for a backend that never answers', async () => {
    const { server, url } = await startSilent();
    await using app = await start(url);
    await app.get('/products/1');
    const begunMs = performance.now();
    expect(await terminate(app)).toEqual({ code: null, signal: 'SIGTERM' });
    const waitedMs = performance.now() - begunMs;
    server.close();
    expect(waitedMs).toBeGreaterThan(4_500);
    expect(waitedMs).toBeLessThan(9_000);
  });

  it('does not wait where it is asked twice', async () => {
    const { server, url } = await startSilent();
    await using app = await start(url);
    await app.get('/products/1');
    const begunMs = performance.now();
    const connected = once(server, 'connection');
    app.process.kill('SIGTERM');
    await connected;
    expect(await terminate(app)).toEqual({ code: null, signal: 'SIGTERM' });
    server.close();
    expect(performance.now() - begunMs).toBeLessThan(4_500);
  });
});
