import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grafanaDashboard } from '../../src/dashboards/grafana.js';
import type { Comparison } from '../../src/server/comparison.js';
import { type App, startApp } from '../support/app-process.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { redirect } from '../support/datadog-intake.js';
import { freePorts, startTestAgent } from '../support/ddapm-test-agent.js';
import { targetsOf } from '../support/grafana.js';
import { openOnPrometheus } from '../support/grafana-prometheus.js';
import { startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

const TOKEN = 'token-of-both-0123456789';

/** One in four has the treatment, and there one in five fails. */
async function visit(app: App, requests: number): Promise<void> {
  for (let i = 0; i < requests; i += 1) {
    await app.get(i % 20 === 0 ? '/fail' : `/products/${i}${i % 4 === 0 ? '?on=1' : ''}`);
  }
}

/** Of 40 requests two fail. */
const VISITED = [
  { variant: 'off', requests: 30, errors: 0 },
  { variant: 'on', requests: 10, errors: 2 },
];

const counts = ({ variants }: Comparison) =>
  variants.map(({ variant, requests, errors }) => ({ variant, requests, errors }));

/** The same in the table of the dashboard for Grafana. */
async function shownBy(url: string): Promise<object[]> {
  const board = grafanaDashboard('prometheus', 'new-checkout');
  const to = Math.ceil(Date.now() / 1000);
  const open = await openOnPrometheus(url, board, { from: to - 600, to, step: 60 });
  const shown = new Map<string, object>();
  for (const { panel, target } of targetsOf(board)) {
    if (panel.title !== 'Variants' || !['requests', 'errors'].includes(target.refId)) continue;
    for (const { labels, points } of await open.ask(target)) {
      const variant = labels['feature_flag_result_variant'] ?? '';
      shown.set(variant, { variant, ...shown.get(variant), [target.refId]: points[0]?.[1] });
    }
  }
  return ['off', 'on'].map((variant) => shown.get(variant) ?? {});
}

async function compare(...whom: string[]): Promise<Comparison> {
  const { stdout, stderr } = await telltale([
    'compare',
    'new-checkout',
    '--json',
    '--slow',
    '300ms',
    ...whom,
  ]);
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("the exporter datadog-agent and Datadog's own test agent", needsTool('ddapm-test-agent'), () => {
  test.each([
    ['127.0.0.1', {}],
    ['dd-agent', { DD_AGENT_HOST: 'dd-agent' }],
  ])('at %s: it decodes all three signals', async (host, env) => {
    await using agent = await startTestAgent();
    const there = redirect({ [`${host}:4318`]: agent.otlp });
    await using app = await startApp({ env: { ...there, ...env, TELLTALE_EXPORTER: 'datadog-agent' } });
    await app.get('/products/1?on=1', { 'x-user': 'ada' });
    await app.stop();
    expect(app.stderr()).toBe('');

    const [traces, metrics, logs] = await Promise.all(
      (['traces', 'metrics', 'logs'] as const).map(async (signal) =>
        JSON.stringify(await agent.received(signal)),
      ),
    );
    const variant = /\{"key":"feature_flags\.new-checkout","value":\{"string_value":"on"\}\}/;
    expect(traces).toMatch(variant);
    expect(logs).toContain('"event_name":"feature_flag.evaluation"');
    for (const sent of [traces, metrics, logs]) expect(sent).toContain('"key":"service.instance.id"');
    for (const name of [
      'telltale.operation.duration',
      'feature_flag.evaluations',
      'telltale.unit.operations',
    ]) {
      expect(metrics).toContain(`"name":"${name}"`);
    }
    expect(metrics).toContain('"aggregation_temporality":"AGGREGATION_TEMPORALITY_DELTA"');
    expect(metrics).not.toContain('AGGREGATION_TEMPORALITY_CUMULATIVE');
  });
});

describe('the exporter telltale', () => {
  test.each([
    ['TELLTALE_TOKEN', TOKEN],
    ['TELLTALE_WRITE_TOKEN', TOKEN],
  ])('sends to telltale up with %s, and only with it', async (variable, token) => {
    const folder = temporaryFolder();
    await using backend = await telltaleUp(folder, { env: { TELLTALE_WRITE_TOKEN: TOKEN } });
    const there = redirect({ '127.0.0.1:4318': new URL(backend.otlpUrl).host });
    const env = { ...there, TELLTALE_EXPORTER: 'telltale', OTEL_LOG_LEVEL: 'error' };
    await using refused = await startApp({ env });
    await visit(refused, 1);
    await refused.stop();
    expect(refused.stderr()).toMatch(
      /answers 401, and takes nothing\. Set TELLTALE_WRITE_TOKEN, or TELLTALE_TOKEN,/,
    );

    await using app = await startApp({ env: { ...env, [variable]: token } });
    await visit(app, 40);
    await app.stop();
    expect(counts(await compare('--url', backend.apiUrl))).toEqual(VISITED);
    await backend.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('the exporters prometheus and telltale together', needsTool('prometheus'), () => {
  test('give Prometheus, which scrapes, and the backend the same counts', async () => {
    const folder = temporaryFolder();
    const [port] = await freePorts(1);
    await using prometheus = await startPrometheus(
      `scrape_configs: [{job_name: shop, scrape_interval: 1s, static_configs: [{targets: ['127.0.0.1:${port}']}]}]`,
    );
    await using backend = await telltaleUp(join(folder, 'store'), { env: { TELLTALE_TOKEN: TOKEN } });
    await using app = await startApp({
      env: {
        ...redirect({ '127.0.0.1:4318': new URL(backend.otlpUrl).host }),
        TELLTALE_EXPORTER: 'prometheus,telltale',
        TELLTALE_TOKEN: TOKEN,
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
      },
    });
    const scraped = async (): Promise<unknown> => {
      const query = encodeURIComponent('sum(telltale_operation_duration_count)');
      const reply = await fetch(`${prometheus.url}/api/v1/query?query=${query}`);
      const { data } = (await reply.json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]?.value[1]);
    };
    // What the first process of all had counted when it was first scraped, nobody knows the time of.
    await app.get('/unknown-flag');
    await expect.poll(scraped, { timeout: 20_000, interval: 200 }).toBe(1);
    await visit(app, 40);
    // Each request that does not fail asks for another flag too.
    await expect.poll(scraped, { timeout: 20_000, interval: 200 }).toBe(1 + 40 + 38);
    expect(counts(await compare('--source', `prometheus+${prometheus.url}`))).toEqual(VISITED);
    expect(await shownBy(prometheus.url)).toEqual(VISITED);
    await app.stop();
    const file = join(folder, 'token');
    writeFileSync(file, TOKEN);
    expect(counts(await compare('--url', backend.apiUrl, '--token-file', file))).toEqual(VISITED);
    expect(app.stderr()).toBe('');
    await backend.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
});
