import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTraceUrl } from '../../src/cli/page-options.js';
import { temporaryBackend } from '../support/backend.js';

test('the page is told of the backend, and every dashboard that it lists is there', async () => {
  const traceUrl = 'http://localhost:16686/trace/{traceId}';
  const { apiUrl, otlpUrl } = await temporaryBackend({ traceUrl });
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const page = await (await fetch(`${apiUrl}/api/v1/page`)).json();
  expect(page).toEqual({
    ...{ version, otlpUrl, traceUrl },
    dashboards: [
      { name: 'Grafana, from Prometheus', path: '/api/v1/dashboards/grafana-prometheus' },
      {
        name: 'Grafana, from Prometheus with native histograms',
        path: '/api/v1/dashboards/grafana-prometheus-native',
      },
      { name: 'Datadog', path: '/api/v1/dashboards/datadog' },
    ],
  });
  const ids = ['grafana-clickhouse', 'grafana-prometheus', 'grafana-prometheus-native', 'datadog'];
  for (const id of ids) {
    const answer = await fetch(`${apiUrl}/api/v1/dashboards/${id}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    const file = id === 'datadog' ? 'datadog/dashboard' : id;
    const printed = readFileSync(new URL(`../../dashboards/${file}.json`, import.meta.url), 'utf8');
    expect(await answer.json()).toEqual(JSON.parse(printed));
  }
});

test.each(['nothing', '..%2fpackage', '%2e%2e%2f%2e%2e%2fpackage.json', 'datadog%00'])(
  'a dashboard is one of a list and no path: %s',
  async (name) => {
    const { apiUrl } = await temporaryBackend();
    const answer = await fetch(`${apiUrl}/api/v1/dashboards/${name}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      error: { code: 'not-found', message: expect.stringContaining('There are: grafana-clickhouse') },
    });
  },
);

test.each([
  'http://localhost:16686/trace/{traceId}',
  'https://app.datadoghq.com/apm/trace/{traceId}',
  'https://ui.honeycomb.io/team/environments/test/trace?trace_id={traceId}',
  'https://grafana.example/explore?schemaVersion=1&panes=%7B%22t%22:%7B%22queries%22:%5B%7B%22query%22:%22{traceId}%22%7D%5D%7D%7D',
])('--trace-url takes %s', (text) => {
  expect(readTraceUrl(text)).toBe(text);
});

test.each([
  'http://localhost:16686/trace/',
  'http://localhost:16686/trace/{traceID}',
  'javascript:alert("{traceId}")',
  'http://{traceId}.example/',
  '//host/{traceId}',
  'http://user:secret@host/{traceId}',
  'http://user:se/cret@host/{traceId}',
])('--trace-url refuses %s, and shows no password', (text) => {
  const read = () => readTraceUrl(text);
  expect(read).toThrow('--trace-url must be the address of a trace with {traceId}');
  expect(read).not.toThrow('cret@');
});
