import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grafanaDashboard } from '../../src/dashboards/grafana.js';
import type { Target } from '../../src/dashboards/grafana-model.js';
import { CART, ROUND, type SimulatedProcess, simulatedProcess } from '../support/dashboard-traffic.js';
import { askedAnnotations, targetsOf } from '../support/grafana.js';
import { type OpenDashboard, openOnPrometheus } from '../support/grafana-prometheus.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

const VARIANT = 'feature_flag_result_variant';
describe.each([
  { source: 'prometheus', exponential: false },
  { source: 'prometheus-native', exponential: true },
] as const)('the dashboard on $source', needsTool('prometheus'), ({ source, exponential }) => {
  let prometheus: PrometheusProcess;
  let processes: SimulatedProcess[];
  /** When two of three rounds had been served. */
  let middle: number;
  let end: number;

  beforeAll(async () => {
    prometheus = await startPrometheus('otlp: {}');
    const urls = [`${prometheus.url}/api/v1/otlp/v1/metrics`];
    const process = (id: string, environment: string): SimulatedProcess => {
      const resource = {
        'service.namespace': 'web',
        'service.version': '1.2',
        'service.instance.id': id,
        'deployment.environment.name': environment,
      };
      return simulatedProcess(urls, resource, exponential);
    };
    processes = [process('i1', 'prod'), process('i2', 'staging')];
    const [prod, staging] = processes as [SimulatedProcess, SimulatedProcess];
    for (let round = 0; round < 3; round += 1) {
      // Samples are told apart by their milliseconds, moments of questions by their seconds.
      if (round === 2) {
        await wait(1100);
        middle = Math.ceil(Date.now() / 1000);
        await wait(middle * 1000 - Date.now() + 50);
      }
      prod.serve('new-checkout', ROUND);
      staging.serve('new-checkout', [{ variant: 'on', count: 7, seconds: 0.01, attributes: CART }]);
      await Promise.all(processes.map((one) => one.flush()));
    }
    end = Math.ceil(Date.now() / 1000) + 1;
  }, 60_000);

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.end()));
    await prometheus[Symbol.asyncDispose]();
  });

  const open = (choices = {}, from = end - 600): Promise<OpenDashboard> =>
    openOnPrometheus(prometheus.url, grafanaDashboard(source), { from, to: end, step: 60 }, choices);

  test('opens with the flag, its control, and all services, environments and routes', async () => {
    const { chosen } = await open();
    expect(chosen.get('flag')).toBe('new-checkout');
    expect(chosen.get('control')).toBe('off');
  });

  /** Of a table: by its row, by its column. */
  async function rowsOf(
    title: string,
    dashboard: OpenDashboard,
  ): Promise<Record<string, Record<string, number>>> {
    const rows: Record<string, Record<string, number>> = {};
    for (const { panel, target } of targetsOf(grafanaDashboard(source))) {
      if (panel.title !== title) continue;
      for (const { labels, points } of await dashboard.ask(target)) {
        const row = [labels['route'], labels[VARIANT]].filter((label) => label !== undefined).join(' ');
        rows[row] = { ...rows[row], [target.refId]: points[0]?.[1] ?? Number.NaN };
      }
    }
    return rows;
  }

  test('every query answers with a series for each variant', async () => {
    const dashboard = await open();
    const targets = targetsOf(grafanaDashboard(source));
    expect(targets.length).toBeGreaterThan(30);
    for (const { panel, target } of targets) {
      const series = await dashboard.ask(target);
      const variants = [...new Set(series.map(({ labels }) => labels[VARIANT]))].sort();
      const compared = panel.title.includes('$control');
      expect(variants, `${panel.title}: ${target.refId}`).toEqual(compared ? ['on'] : ['off', 'on']);
      for (const { points } of series) expect(points.at(-1)?.[1]).toEqual(expect.any(Number));
    }
  });

  test('the tables have what was sent: counts exactly, durations to the width of a bucket', async () => {
    const dashboard = await open({ environment: 'prod' });
    const variants = await rowsOf('Variants', dashboard);
    expect(variants['off']).toMatchObject({ requests: 300, errors: 12, errorRate: 0.04 });
    expect(variants['on']).toMatchObject({ requests: 150, errors: 18, errorRate: 0.12 });
    expect(variants['off']?.['share']).toBeCloseTo(2 / 3, 12);
    expect(variants['off']?.['slowShare']).toBeCloseTo(0.1, 12);
    expect(variants['on']?.['slowShare']).toBeCloseTo(0.4, 12);
    expectNear(variants['off']?.['p50'], 0.01);
    expectNear(variants['on']?.['p50'], 0.1);
    expectNear(variants['off']?.['p95'], 0.5);
    expectNear(variants['on']?.['p95'], 0.5);
    const against = await rowsOf('Against $control', dashboard);
    expect(Object.keys(against)).toEqual(['on']);
    expect(against['on']?.['errorRate-difference']).toBeCloseTo(0.08, 12);
    expect(against['on']?.['errorRate-ratio']).toBeCloseTo(3, 12);
    expect(against['on']?.['slowShare-difference']).toBeCloseTo(0.3, 12);
    expect(against['on']?.['slowShare-ratio']).toBeCloseTo(4, 12);
    expectNear(against['on']?.['p95-ratio'], 1);
    const routes = await rowsOf('By route', dashboard);
    expect(routes).toMatchObject({
      '/cart/:id off': { requests: 180, errorRate: 0 },
      '/cart/:id on': { requests: 90, errors: 18, errorRate: 0.2 },
      '/pay off': { requests: 90, errors: 12 },
      '/pay on': { requests: 60, errorRate: 0, slowShare: 1 },
      'bill off': { requests: 30, slowShare: 1 },
    });
    expect(Object.keys(routes)).toHaveLength(5);
  });

  test('what is chosen narrows them: an environment, a route, a threshold, another control', async () => {
    expect(await rowsOf('Variants', await open())).toMatchObject({ on: { requests: 171 } });
    expect(await rowsOf('Variants', await open({ environment: 'staging' }))).toMatchObject({
      on: { requests: 21 },
    });
    expect(await rowsOf('Variants', await open({ service: 'web/other' }))).toEqual({});
    const cart = await open({ environment: 'prod', route: '/cart/:id' });
    expect(await rowsOf('Variants', cart)).toMatchObject({ off: { requests: 180 }, on: { requests: 90 } });
    const slow = await open({ environment: 'prod', slow: '1' });
    expect(await rowsOf('Variants', slow)).toMatchObject({ off: { slowShare: 0 }, on: { slowShare: 0 } });
    const turned = await rowsOf('Against $control', await open({ environment: 'prod', control: 'on' }));
    expect(turned['off']?.['errorRate-ratio']).toBeCloseTo(1 / 3, 12);
  });

  test('a range that begins within the traffic has what came after', async () => {
    const variants = await rowsOf('Variants', await open({ environment: 'prod' }, middle));
    expect(variants).toMatchObject({
      off: { requests: 100, errors: 4, errorRate: 0.04 },
      on: { requests: 50, errors: 6, errorRate: 0.12 },
    });
    expectNear(variants['off']?.['p95'], 0.5);
    expectNear(variants['on']?.['p50'], 0.1);
  });

  test('a graph has the error rate of what was sent', async () => {
    const dashboard = await open({ environment: 'prod' });
    const { target } =
      targetsOf(grafanaDashboard(source)).find(({ panel }) => panel.title === 'Error rate') ?? {};
    const series = await dashboard.ask(target as Target);
    const rates = series.map(({ labels, points }) => [labels[VARIANT], points.at(-1)?.[1]]);
    expect(Object.fromEntries(rates)).toEqual({ off: 0.04, on: 0.12 });
  });

  test('versions of the flag and of services are marks where they begin', async () => {
    const range = { from: end - 300, to: end + 180, step: 60 };
    const dashboard = await openOnPrometheus(prometheus.url, grafanaDashboard(source), range);
    const marks = await Promise.all(
      askedAnnotations(grafanaDashboard(source)).map(async ({ name, target }) => {
        const series = await dashboard.ask(target as Target);
        return [name, series.map(({ labels, points }) => [labels, points.length])];
      }),
    );
    expect(Object.fromEntries(marks)).toEqual({
      'Flag changes': [[{ feature_flag_key: 'new-checkout', feature_flag_version: '3' }, 1]],
      Deployments: [[{ job: 'web/shop', service_version: '1.2' }, 1]],
    });
  });

  test('without any data there is nothing, and no error', async () => {
    const dashboard = await open({ flag: 'nobody' });
    for (const { target } of targetsOf(grafanaDashboard(source)))
      expect(await dashboard.ask(target)).toEqual([]);
  });
});

/** Buckets are 19 % wide. */
function expectNear(value: number | undefined, wanted: number): void {
  expect(Math.abs(Math.log2((value ?? Number.NaN) / wanted))).toBeLessThanOrEqual(0.25);
}
