import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grafanaDashboard } from '../../src/dashboards/grafana.js';
import type { Target } from '../../src/dashboards/grafana-model.js';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { type ClickHouseFront, clickHouseFront } from '../support/clickhouse-front.js';
import { CART, ROUND, type SimulatedProcess, simulatedProcess } from '../support/dashboard-traffic.js';
import { ALL, askedAnnotations, targetsOf } from '../support/grafana.js';
import { type OpenOnClickHouse, openOnClickHouse, type Row } from '../support/grafana-clickhouse.js';

const DASHBOARD = grafanaDashboard('clickhouse');

/** What ends a literal of SQL, of PromQL or of a URL, and what stands for All. */
const HOSTILE = `'; DROP TABLE telltale_points -- \\' " %27 * \${service} $1`;

describe.each([{ exponential: true }, { exponential: false }])(
  'the dashboard on ClickHouse, exponential histograms: $exponential',
  ({ exponential }) => {
    let dataDir: string;
    let clickhouse: ClickHouseFront;
    let backend: BackendProcess;
    let processes: SimulatedProcess[];
    /** When two of three rounds had been served. */
    let middle: number;
    let end: number;

    beforeAll(async () => {
      dataDir = temporaryFolder();
      clickhouse = await clickHouseFront(dataDir);
      backend = await telltaleUp({ clickhouseUrl: clickhouse.url });
      const process = (id: string, environment: string): SimulatedProcess => {
        const resource = {
          'service.version': '1.2',
          'service.instance.id': id,
          'deployment.environment.name': environment,
        };
        return simulatedProcess([`${backend.otlpUrl}/v1/metrics`], resource, exponential);
      };
      processes = [process('i1', 'prod'), process('i2', 'staging')];
      const [prod, staging] = processes as [SimulatedProcess, SimulatedProcess];
      for (let round = 0; round < 3; round += 1) {
        if (round === 2) {
          middle = Math.ceil(Date.now() / 1000);
          await wait(middle * 1000 - Date.now() + 50);
        }
        prod.serve('new-checkout', ROUND);
        prod.serve(HOSTILE, [{ variant: HOSTILE, count: 3, seconds: 0.01, attributes: CART }]);
        staging.serve('new-checkout', [{ variant: 'on', count: 7, seconds: 0.01, attributes: CART }]);
        await Promise.all(processes.map((one) => one.flush()));
      }
      await sendSpans(backend.otlpUrl, ['off', 'on']);
      await fetch(`${backend.apiUrl}/api/v1/changes`, {
        method: 'POST',
        body: JSON.stringify({
          kind: 'flag',
          flag: 'new-checkout',
          description: 'first step',
          author: 'ada',
        }),
      });
      end = Math.ceil(Date.now() / 1000) + 1;
    }, 60_000);

    afterAll(async () => {
      await Promise.all(processes.map((one) => one.end()));
      await backend.stop();
      await clickhouse.close();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const open = (choices = {}, from = end - 600): Promise<OpenOnClickHouse> =>
      openOnClickHouse(
        clickhouse.url,
        DASHBOARD,
        { from, to: end, step: 60 },
        { flag: 'new-checkout', ...choices },
      );

    async function rowsOf(title: string, dashboard: OpenOnClickHouse): Promise<Record<string, Row>> {
      const [first] = targetsOf(DASHBOARD).filter(({ panel }) => panel.title === title);
      const rows = await dashboard.ask(first?.target as Target);
      return Object.fromEntries(
        rows.map((row) => [[row['route'], row['variant']].filter(Boolean).join(' '), row]),
      );
    }

    test('offers what there is, and opens with the control and with all else', async () => {
      const { chosen } = await open();
      expect(Object.fromEntries(chosen)).toMatchObject({
        control: 'off',
        service: ALL,
        environment: ALL,
        route: ALL,
      });
    });

    test('every query answers with rows for each variant', async () => {
      const dashboard = await open();
      const targets = targetsOf(DASHBOARD);
      expect(targets.length).toBeGreaterThan(10);
      for (const { panel, target } of targets) {
        const rows = await dashboard.ask(target);
        const variants = [...new Set(rows.map(({ variant }) => variant))].sort();
        const compared = panel.title.includes('$control');
        expect(variants, panel.title).toEqual(compared ? ['on'] : ['off', 'on']);
        for (const row of rows) expect(Object.values(row)).not.toContain(null);
      }
    });

    test('the tables have what was sent: counts exactly, durations to the width of a cell', async () => {
      const dashboard = await open({ environment: 'prod' });
      const { off, on, ...others } = await rowsOf('Variants', dashboard);
      expect(others).toEqual({});
      expect(off).toMatchObject({ requests: 300, errors: 12, errorRate: 0.04, share: 2 / 3, slowShare: 0.1 });
      expect(on).toMatchObject({ requests: 150, errors: 18, errorRate: 0.12, share: 1 / 3, slowShare: 0.4 });
      expectNear(off?.['p50'], 0.01);
      expectNear(on?.['p50'], 0.1);
      expectNear(off?.['p95'], 0.5);
      expectNear(on?.['p99'], 0.5);
      const against = await rowsOf('Against $control', dashboard);
      expect(Object.keys(against)).toEqual(['on']);
      expect(against['on']?.['errorRate_difference']).toBeCloseTo(0.08, 12);
      expect(against['on']?.['errorRate_ratio']).toBeCloseTo(3, 12);
      expect(against['on']?.['slowShare_ratio']).toBeCloseTo(4, 12);
      expectNear(against['on']?.['p95_ratio'], 1);
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

    test('the counts are those of `telltale compare`', async () => {
      const options = ['--json', '--slow', '297ms', '--env', 'prod', '--url', backend.apiUrl];
      const { stdout } = await telltale(['compare', 'new-checkout', ...options]);
      const { variants } = JSON.parse(stdout) as {
        variants: { variant: string; requests: number; errors: number }[];
      };
      const rows = await rowsOf('Variants', await open({ environment: 'prod' }));
      for (const { variant, requests, errors } of variants) {
        expect(rows[variant]).toMatchObject({ requests, errors });
      }
    });

    test('what is chosen narrows them: an environment, a route, a threshold, another control', async () => {
      const variants = async (choices: object): Promise<Record<string, Row>> =>
        rowsOf('Variants', await open(choices));
      expect(await variants({})).toMatchObject({ on: { requests: 171 } });
      expect(await variants({ environment: 'staging' })).toMatchObject({ on: { requests: 21 } });
      expect(await variants({ service: 'other' })).toEqual({});
      expect(await variants({ environment: 'prod', route: 'bill' })).toMatchObject({ off: { requests: 30 } });
      expect(await variants({ environment: 'prod', slow: '1' })).toMatchObject({ off: { slowShare: 0 } });
      const turned = await rowsOf('Against $control', await open({ environment: 'prod', control: 'on' }));
      expect(turned['off']?.['errorRate_ratio']).toBeCloseTo(1 / 3, 12);
    });

    test('a range that begins within the traffic has what came after', async () => {
      const variants = await rowsOf('Variants', await open({ environment: 'prod' }, middle));
      expect(variants).toMatchObject({
        off: { requests: 100, errors: 4, errorRate: 0.04, slowShare: 0.1 },
        on: { requests: 50, errors: 6, errorRate: 0.12, slowShare: 0.4 },
      });
    });

    test('a value of any characters is a value, and nothing else', async () => {
      const dashboard = await open({ flag: HOSTILE, control: HOSTILE });
      for (const { target } of targetsOf(DASHBOARD)) await dashboard.ask(target);
      const rows = await rowsOf('Variants', dashboard);
      expect(Object.values(rows)).toMatchObject([{ variant: HOSTILE, requests: 9 }]);
      expect(await rowsOf('Variants', await open({ service: '*' }))).toEqual({});
    });

    test('the traces of the flag, those that failed first', async () => {
      const [found] = targetsOf(DASHBOARD).filter(({ panel }) => panel.title === 'Traces');
      const rows = await (await open()).ask(found?.target as Target);
      expect(rows.map(({ variant, status, seconds, trace }) => [variant, status, seconds, trace])).toEqual([
        ['on', 'Error', 0.1, '2'.padStart(32, '0')],
        ['off', 'Unset', 0.2, '1'.padStart(32, '0')],
      ]);
      expect(await (await open({ environment: 'prod' })).ask(found?.target as Target)).toEqual([]);
    });

    test('told changes and versions that appear are marks', async () => {
      const dashboard = await open();
      const marks = await Promise.all(
        askedAnnotations(DASHBOARD).map(async ({ name, target }) => {
          const rows = await dashboard.ask(target as Target);
          return [name, rows.map(({ title, text }) => [title, text])];
        }),
      );
      expect(Object.fromEntries(marks)).toEqual({
        'Told changes': [['Flag new-checkout changed', 'first step, by ada']],
        'Flag versions': [['Flag version', 'new-checkout: version 3 appears']],
        Deployments: [['Deployment', 'shop: version 1.2 appears']],
      });
    });

    test('without any data there is nothing, and no error', async () => {
      const dashboard = await open({ flag: 'nobody' });
      for (const { target } of targetsOf(DASHBOARD)) expect(await dashboard.ask(target)).toEqual([]);
    });
  },
);

/** An entry span for each variant, of which the last failed; and one of something else. */
async function sendSpans(otlpUrl: string, variants: readonly string[]): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = (i: number, attributes: Readonly<Record<string, string>>) => ({
    traceId: String(i + 1).padStart(32, '0'),
    spanId: String(i + 1).padStart(16, '0'),
    name: 'GET /cart/:id',
    kind: 2,
    startTimeUnixNano: String(now - BigInt(200_000_000 - 100_000_000 * i)),
    endTimeUnixNano: String(now),
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    status: { code: i === variants.length - 1 ? 2 : 0 },
  });
  const spans = [
    ...variants.map((variant, i) => span(i, { 'feature_flags.new-checkout': variant })),
    { ...span(variants.length, { 'feature_flags.other': 'on' }), endTimeUnixNano: String(now + 1_000_000n) },
  ];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const response = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
  expect(response.status).toBe(200);
}

/** Cells are 19 % wide. */
function expectNear(value: unknown, wanted: number): void {
  expect(Math.abs(Math.log2(Number(value) / wanted))).toBeLessThanOrEqual(0.25);
}
