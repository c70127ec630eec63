import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { estimateCost } from '../../src/dashboards/datadog-cost.js';
import { datadogExamples, datadogFiles } from '../../src/dashboards/datadog-files.js';
import { answer, formulas, monitored } from '../support/datadog-queries.js';
import type { StandInOperation } from '../support/datadog-stand-in.js';
import { type MetricRequest, metricRequests, templateVariables } from '../support/datadog-widgets.js';

const SELECTION = { control: 'off', slowSeconds: 0.25 };
const CHECKED_IN = join(import.meta.dirname, '../../dashboards/datadog');

interface Group {
  readonly variant: string;
  readonly count: number;
  readonly errors?: number;
  readonly slow?: number;
  readonly route?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Operations of one flag; the slow ones are not among the failed. */
function operations({
  variant,
  count,
  errors = 0,
  slow = 0,
  route = '/cart',
  tags = {},
}: Group): StandInOperation[] {
  return Array.from({ length: count }, (_, i) => ({
    time: 0,
    seconds: i >= count - slow ? 0.4 : 0.1,
    tags: {
      'feature_flag.key': 'new-checkout',
      'feature_flag.result.variant': variant,
      'telltale.assignment': 'assigned',
      'http.route': route,
      service: 'shop',
      ...(i < errors ? { 'error.type': '500' } : {}),
      ...tags,
    },
  }));
}

const OFF = operations({ variant: 'off', count: 900, errors: 9, slow: 90 });
const ON = operations({ variant: 'on', count: 100, errors: 5, slow: 30 });
/** None of these is compared. */
const LEFT_OUT = [
  operations({ variant: 'on', count: 50, errors: 50, tags: { 'telltale.assignment': 'override' } }),
  operations({ variant: 'on', count: 50, errors: 50, tags: { 'telltale.outcome': 'aborted' } }),
  operations({ variant: '_mixed', count: 50, errors: 50 }),
  operations({ variant: '_overflow', count: 50, errors: 50 }),
  operations({ variant: 'on', count: 50, errors: 50, tags: { 'feature_flag.key': 'other' } }),
].flat();
const ALL = [...OFF, ...ON, ...LEFT_OUT];

const files = datadogFiles({ ...SELECTION, flag: 'new-checkout' });
const parsed = (path: string) => JSON.parse(files[path] ?? '');

/** The values of a widget's formulas by group, under the variables that the dashboard begins with. */
function shown(title: string): Map<string, number[]> {
  const dashboard = parsed('dashboard.json');
  const request = metricRequests(dashboard).find((one) => one.title === title) as MetricRequest;
  const variables = templateVariables(dashboard);
  const values = request.queries.map(({ name, query }) => [name, answer(query, ALL, variables)] as const);
  return formulas(
    request.formulas.map(({ formula }) => formula),
    Object.fromEntries(values),
  );
}

describe('the dashboard for a flag, its queries answered by a stand-in', () => {
  test('puts every variant beside the control, and leaves out what is not compared', () => {
    const rows = shown('Variants');
    expect([...rows.keys()].sort()).toEqual(['off', 'on']);
    const expected = {
      off: [900, 90, 1, 0, 1, 10, 1, 0.1, 0.4, 0.4, 0],
      on: [100, 10, 5, 4, 5, 30, 3, 0.1, 0.4, 0.4, 0],
    };
    for (const [variant, values] of Object.entries(expected)) {
      expect(rows.get(variant)?.map((value) => Number(value.toFixed(9)))).toEqual(values);
    }
  });

  test.each([
    ['Traffic share', 90, 10],
    ['Error rate', 1, 5],
    ['Error rate over the control (points)', 0, 4],
    ['Slow share', 10, 30],
    ['p50', 0.1, 0.1],
    ['p95', 0.4, 0.4],
    ['p95 over the control', 0, 0],
  ])('%s: by variant', (title, off, on) => {
    const rows = shown(title);
    expect([...rows.keys()].sort()).toEqual(['off', 'on']);
    expect(rows.get('off')?.[0]).toBeCloseTo(off);
    expect(rows.get('on')?.[0]).toBeCloseTo(on);
  });

  test('the number is what the treatment adds to the error rate', () => {
    const rows = shown('Error rate of what is not the control, over the control (points)');
    expect([...rows.values()].flat()[0]).toBeCloseTo(4);
  });

  test('routes and flags are told apart', () => {
    expect([...shown('Routes and variants').keys()].sort()).toEqual(['/cart,N/A,off', '/cart,N/A,on']);
    expect([...shown('Flags and variants').keys()].sort()).toEqual([
      'new-checkout,off',
      'new-checkout,on',
      'other,on',
    ]);
  });

  test('names of users stay values: no query, link or file name is made of them', () => {
    const hostile = 'A"b},service:* OR {{x}} $env\\@all';
    const written = datadogFiles({ control: hostile, flag: hostile, service: hostile, slowSeconds: 0.25 });
    expect(Object.keys(written)).toEqual(Object.keys(files));
    expect(written['main.tf']).toBe(files['main.tf']);
    const monitor = JSON.parse(written['monitors/error-ratio.json'] ?? '');
    expect(monitor.query).toContain(
      '{feature_flag.key:a_b_service:_or_x_env_all,service:a_b_service:_or_x_env_all,',
    );
    expect(monitor.message).not.toContain('@');
    const [all] = JSON.parse(written['trace-queries.json'] ?? '');
    expect(all.query).toBe(
      '@feature_flags.A\\"b\\}\\,service\\:\\*\\ OR\\ \\{\\{x\\}\\}\\ \\$env\\\\\\@all:* ' +
        'service:A\\"b\\}\\,service\\:\\*\\ OR\\ \\{\\{x\\}\\}\\ \\$env\\\\\\@all',
    );
    const { custom_links: links } = JSON.parse(written['dashboard.json'] ?? '').widgets[1].definition
      .widgets[0].definition;
    expect(links[0].link.replace(/\{\{(\$service|\$env|timestamp_start|timestamp_end)\}\}/g, '')).not.toMatch(
      /[{}"]/,
    );
  });
});

describe('monitors, their queries answered by a stand-in', () => {
  const fires = (name: string, given: readonly StandInOperation[]) =>
    monitored(parsed(`monitors/${name}.json`).query, given);

  test('errors: fires at ten failures beyond twice the control, not at nine', () => {
    const treated = (errors: number) => operations({ variant: 'on', count: 1000, errors });
    // 1 % of the control: twice that are 20 of 1,000.
    expect(fires('error-ratio', [...OFF, ...treated(30), ...LEFT_OUT])).toEqual({ value: 10, fires: true });
    expect(fires('error-ratio', [...OFF, ...treated(29), ...LEFT_OUT])).toEqual({ value: 9, fires: false });
  });

  test('errors: a control without failures is no ratio of nothing, and without a control there is none', () => {
    const clean = operations({ variant: 'off', count: 900 });
    const treated = operations({ variant: 'on', count: 100, errors: 10 });
    expect(fires('error-ratio', [...clean, ...treated])).toEqual({ value: 10, fires: true });
    expect(fires('error-ratio', treated)).toEqual({ value: Number.NaN, fires: false });
    expect(fires('error-ratio', [])).toEqual({ value: Number.NaN, fires: false });
  });

  test('slow: fires at fifty slow requests beyond one and a half times the control', () => {
    const treated = (slow: number) => operations({ variant: 'on', count: 200, slow });
    expect(fires('slow-share', [...OFF, ...treated(80)])).toEqual({ value: 50, fires: true });
    expect(fires('slow-share', [...OFF, ...treated(79)])).toEqual({ value: 49, fires: false });
  });

  test('no data: never fires on data, and tells when there is none', () => {
    expect(fires('no-data', ON.slice(0, 1))).toEqual({ value: 1, fires: false });
    expect(parsed('monitors/no-data.json').options).toMatchObject({
      notify_no_data: true,
      no_data_timeframe: 60,
    });
  });

  test('of one treatment, service and environment', () => {
    const { 'monitors/error-ratio.json': text = '' } = datadogFiles({
      ...SELECTION,
      flag: 'new-checkout',
      treatment: 'on',
      service: 'shop',
      environment: 'Prod',
    });
    const { query } = JSON.parse(text);
    const tags = { env: 'prod' };
    const given = [
      operations({ variant: 'off', count: 100, tags }),
      operations({ variant: 'on', count: 100, errors: 12, tags }),
      operations({ variant: 'third', count: 100, errors: 90, tags }),
      operations({ variant: 'on', count: 100, errors: 90, tags: { env: 'staging' } }),
      operations({ variant: 'on', count: 100, errors: 90, tags: { ...tags, service: 'other' } }),
    ].flat();
    expect(monitored(query, given)).toEqual({ value: 12, fires: true });
  });
});

describe('what the metrics cost', () => {
  test('a distribution is five for each combination of tags, and ten with percentiles', () => {
    const costs = estimateCost({ flags: 5, variants: 2, routes: 20, statuses: 3, instances: 4 });
    expect(costs[0]).toEqual({
      metric: 'telltale.operation.duration',
      combinations: 5 * 2 * 20 * 3 * 4,
      customMetrics: 12_000,
      withPercentiles: 24_000,
    });
    const counters = new Map(costs.slice(1).map((cost) => [cost.metric, cost]));
    expect(counters.get('feature_flag.evaluations')?.withPercentiles).toBe(5 * 2 * 4);
    expect(counters.get('telltale.unit.operations')?.customMetrics).toBe(5 * 2 * 4 * 16);
    expect(counters.size).toBe(5);
  });
});

test('the files under dashboards/datadog are what the command writes', () => {
  const written = datadogExamples();
  const there = readdirSync(CHECKED_IN, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(CHECKED_IN.length + 1));
  expect(there.sort(), 'run `npm run docs`').toEqual(Object.keys(written).sort());
  for (const [path, text] of Object.entries(written)) {
    const same = readFileSync(join(CHECKED_IN, path), 'utf8') === text;
    expect(same, `${path}: run \`npm run docs\``).toBe(true);
  }
});
