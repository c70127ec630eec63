import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PageDocument } from '../../src/server/page/documents.js';
import { TELLTALE, telltale, temporaryFolder } from '../support/backend-process.js';
import { openLive } from '../support/live-stream.js';
import { metricsRequest } from '../support/otlp-request.js';
import { exponentialPoint, resource } from '../support/points.js';
import { startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

/** A report of each variant before the comparison and one in it. */
function traffic(now: number) {
  return [...Array(2).keys()].flatMap((report) =>
    ['off', 'on'].map((variant) => {
      const count = (variant === 'on' ? 40 : 400) * report + 1;
      const time = now - 900 + report * 600;
      const buckets = new Map([[-20, count]]);
      const stream = { flag: 'new-checkout', variant, resource: resource() };
      return exponentialPoint(stream, { start: now - 1000, time, scale: 2, buckets }, 2);
    }),
  );
}

test(
  'telltale up --source serves the API from a store that others fill',
  needsTool('prometheus'),
  async () => {
    await using prometheus = await startPrometheus('{}');
    await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(metricsRequest(traffic(Math.floor(Date.now() / 1000)))),
    });
    const source = `prometheus+${prometheus.url}`;
    const child = spawn(process.execPath, [TELLTALE, 'up', '--source', source, '--port', '0'], {
      env: { ...process.env, TELLTALE_READ_TOKEN: 'a-token-of-some-length' },
    });
    const ended = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const [, url = ''] = /^telltale is ready: API (\S+), page (\S+), from \S+$/.exec(line) ?? [];
    expect(line).toBe(`telltale is ready: API ${url}, page ${url}, from ${source}`);

    const path = '/api/v1/flags/new-checkout/comparison?slow=300ms';
    expect((await fetch(`${url}${path}`)).status).toBe(401);
    const headers = { authorization: 'Bearer a-token-of-some-length' };
    const answer = await fetch(`${url}${path}`, { headers });
    const { variants } = (await answer.json()) as { variants: unknown[] };
    expect(variants).toMatchObject([
      { variant: 'off', requests: 400 },
      { variant: 'on', requests: 40 },
    ]);
    // The same as the command's own answer.
    const { stdout } = await telltale([
      'compare',
      'new-checkout',
      '--json',
      '--slow',
      '300ms',
      '--source',
      source,
    ]);
    expect(JSON.parse(stdout).variants).toEqual(variants);
    const flags = (await (await fetch(`${url}/api/v1/flags`, { headers })).json()) as { flags: unknown[] };
    expect(flags.flags).toMatchObject([{ flag: 'new-checkout', services: ['shop'] }]);

    // The page asks it the same way.
    const overview = async () => await (await fetch(`${url}/api/v1/overview`, { headers })).json();
    await vi.waitFor(
      async () =>
        expect(await overview()).toMatchObject({
          ...{ order: ['new-checkout'], pending: 0, services: ['shop'] },
          flags: [{ flag: 'new-checkout', lastChange: null, comparisons: [{ treatment: 'on' }] }],
        }),
      { timeout: 20_000, interval: 100 },
    );
    const page = (await (await fetch(`${url}/api/v1/page`, { headers })).json()) as PageDocument;
    expect(page).toMatchObject({ otlpUrl: null, traceUrl: null });
    expect(page.dashboards.map(({ path: dashboard }) => dashboard)).toEqual([
      '/api/v1/dashboards/grafana-prometheus',
      '/api/v1/dashboards/grafana-prometheus-native',
    ]);
    const live = await openLive(url, headers);
    expect(await live.next()).toMatchObject({ received: { spans: 0, points: 0, logRecords: 0 } });
    // It was asked for what is stored since the page listens.
    expect(Date.parse((await live.next())?.at ?? '')).toBeLessThanOrEqual(Date.now());

    // Nothing is kept, so there is nothing to tell changes to.
    expect((await fetch(`${url}/api/v1/changes`, { headers })).status).toBe(404);
    const tokenFile = join(temporaryFolder(), 'token');
    writeFileSync(tokenFile, 'a-token-of-some-length');
    expect(await telltale(['db', 'status', '--url', url, '--token-file', tokenFile])).toMatchObject({
      code: 69,
      stderr: `The backend at ${url} keeps nothing itself: it has a --source.\n`,
    });
    await prometheus[Symbol.asyncDispose]();
    const gone = await fetch(`${url}${path}`, { headers });
    expect(gone.status).toBe(502);
    expect(await gone.json()).toEqual({
      error: {
        code: 'unavailable',
        message: `Prometheus at ${prometheus.url} does not answer (ECONNREFUSED): check the address and that it runs.`,
      },
    });
    // It ends by itself: an end of the stream, and no broken connection.
    child.kill('SIGTERM');
    for (;;) if ((await live.next()) === undefined) break;
    expect((await ended)[0]).toBe(0);
  },
);
