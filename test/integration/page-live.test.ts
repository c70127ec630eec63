import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createApi } from '../../src/server/api.js';
import { listen } from '../../src/server/listener.js';
import { createLive, type Live, type LiveOptions } from '../../src/server/page/live.js';
import { createPulse, type OwnPulse } from '../../src/server/page/pulse.js';
import { temporaryBackend } from '../support/backend.js';
import { openLive } from '../support/live-stream.js';
import { logForm, metricForm, spanForm, traceForm } from '../support/otlp-forms.js';

const READ = 'read-token-0123456789';

async function send(url: string, form: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(form) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function gauge(apiUrl: string, headers: Record<string, string>): Promise<string | undefined> {
  const text = await (await fetch(`${apiUrl}/metrics`, { headers })).text();
  return /^telltale_live_listeners (\d+)$/m.exec(text)?.[1];
}

test('a stream tells at once where the store is, then of telemetry and changes, and ends with the backend', async () => {
  const access = { host: '127.0.0.1', allowedHosts: [], writeToken: undefined, readToken: READ };
  const backend = await temporaryBackend({ access });
  const { otlpUrl, apiUrl } = backend;
  const authorization = `Bearer ${READ}`;
  for (const headers of [
    {},
    { authorization: 'Bearer wrong' },
    { authorization, origin: 'https://evil.example' },
  ]) {
    const denied = await openLive(apiUrl, headers);
    expect(denied.response.status).toBe('origin' in headers ? 403 : 401);
  }
  const stream = await openLive(apiUrl, { authorization });
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  expect(await stream.next()).toEqual({
    ...{ revision: 0, compared: 0, at: null },
    received: { spans: 0, points: 0, logRecords: 0 },
  });

  const now = `${Date.now()}000000`;
  const times = { startTimeUnixNano: now, endTimeUnixNano: now };
  await send(`${otlpUrl}/v1/traces`, traceForm(spanForm(times), spanForm(times)));
  const first = await stream.next();
  expect(first).toMatchObject({ revision: 1, received: { spans: 2, points: 0, logRecords: 0 } });
  expect(Math.abs(Date.parse(first?.at ?? '') - Date.now())).toBeLessThan(60_000);

  const point = { asInt: '1', timeUnixNano: now };
  await send(`${otlpUrl}/v1/metrics`, metricForm({ name: 'm', gauge: { dataPoints: [point] } }));
  await send(`${otlpUrl}/v1/logs`, logForm({ timeUnixNano: now }));
  await send(`${apiUrl}/api/v1/changes`, { kind: 'flag', flag: 'f', shares: { on: 1 } });
  let last = await stream.next();
  while (last !== undefined && last.revision < 4) last = await stream.next();
  expect(last).toMatchObject({ revision: 4, received: { spans: 2, points: 1, logRecords: 1 } });

  const other = await openLive(apiUrl, { authorization });
  expect((await other.next())?.revision).toBe(4);
  expect(await gauge(apiUrl, { authorization })).toBe('2');
  other.leave();
  await vi.waitFor(async () => expect(await gauge(apiUrl, { authorization })).toBe('1'));

  // An end, not a connection that broke: that is what would come after the time that requests have.
  const closed = backend.close();
  expect(await stream.next()).toBeUndefined();
  await closed;
});

/** Streams alone, behind a real API. */
async function served(
  options: Partial<LiveOptions> = {},
): Promise<{ live: Live; pulse: OwnPulse; url: string }> {
  const pulse = createPulse();
  const received = () => ({ spans: 0, points: 0, logRecords: 0 });
  const times = { eventMs: 1, heartbeatMs: 60_000 };
  const live = createLive({ pulse, received, times, ...options });
  const onError = (error: unknown): never => {
    throw error;
  };
  const handler = createApi({ routes: [live.route], check: () => undefined, onError });
  const listener = await listen(handler, { host: '127.0.0.1', port: 0, option: '--port' });
  onTestFinished(() => {
    live.close();
    return listener.close();
  });
  return { live, pulse, url: listener.url };
}

async function value(live: Live, name: string): Promise<number | undefined> {
  const metric = (await live.measure()).find((one) => one.name === name);
  return metric?.type === 'histogram' ? undefined : metric?.points[0]?.value;
}

test('what is stored in quick succession is told once', async () => {
  const { live, pulse, url } = await served({ times: { eventMs: 50, heartbeatMs: 10 } });
  const stream = await openLive(url);
  await stream.next();
  pulse.beat(1);
  expect((await stream.next())?.revision).toBe(1);
  for (let i = 0; i < 100; i += 1) pulse.beat(2 + i);
  live.altered();
  expect(await stream.next()).toMatchObject({ revision: 101, compared: 1, at: '1970-01-01T00:01:41.000Z' });
  pulse.beat(200);
  expect((await stream.next())?.revision).toBe(102);
  expect(stream.blocks.filter((block) => block.startsWith('event'))).toHaveLength(4);
  // Between events there are signs of life.
  expect(stream.blocks).toContain(':');
});

test('more pages than may listen are told so, and may when others have left', async () => {
  const { live, url } = await served({ mostListeners: 2 });
  const [first, second] = [await openLive(url), await openLive(url)];
  await Promise.all([first.next(), second.next()]);
  const refused = await fetch(`${url}/api/v1/live`);
  expect([refused.status, await refused.json()]).toEqual([
    503,
    {
      error: {
        code: 'overloaded',
        message: '2 pages listen already, which is the most: close some of them.',
      },
    },
  ]);
  first.leave();
  await vi.waitFor(async () => expect(await value(live, 'telltale.live.listeners')).toBe(1));
  expect((await openLive(url)).response.status).toBe(200);
});

test('who does not read is dropped and counted; who reads goes on', async () => {
  // An event fills a socket's buffers soon.
  const counts = { spans: 0, points: 0, logRecords: 0, padding: 'x'.repeat(500_000) };
  const { live, pulse, url } = await served({ received: () => counts });
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('GET /api/v1/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
  socket.pause();
  await vi.waitFor(async () => expect(await value(live, 'telltale.live.listeners')).toBe(1));
  await vi.waitFor(
    async () => {
      pulse.beat(1);
      expect(await value(live, 'telltale.live.dropped')).toBe(1);
    },
    { timeout: 20_000, interval: 5 },
  );
  await vi.waitFor(async () => expect(await value(live, 'telltale.live.listeners')).toBe(0));
  expect(await (await openLive(url)).next()).toMatchObject({ revision: pulse.revision });
  socket.destroy();
});
