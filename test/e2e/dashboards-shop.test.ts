import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grafanaDashboard } from '../../src/dashboards/grafana.js';
import type { Target } from '../../src/dashboards/grafana-model.js';
import type { Comparison } from '../../src/server/comparison.js';
import { type BackendProcess, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { type ClickHouseFront, clickHouseFront } from '../support/clickhouse-front.js';
import { freePorts } from '../support/ddapm-test-agent.js';
import { askedAnnotations, targetsOf } from '../support/grafana.js';
import { openOnClickHouse } from '../support/grafana-clickhouse.js';
import { openOnPrometheus } from '../support/grafana-prometheus.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { type Seen, visitShop } from '../support/shop.js';
import { needsTool } from '../support/tools.js';

/** Of this seed's orders some fail in either checkout. */
const VISIT = { requests: 1200, seed: 269 };
const VARIANT = 'feature_flag_result_variant';

/** By flag, the variants that somebody was assigned: who has no beta cart has the default. */
const FLAGS = [
  ['new-checkout', ['off', 'on']],
  ['fast-search', ['off', 'on']],
  ['recommendations-v2', ['off', 'on']],
  ['beta-cart', ['on']],
] as const;

/** By variant. */
type Counts = Readonly<Record<string, Seen>>;

describe.each([
  { source: 'prometheus-native', exporter: 'otlp', flags: FLAGS },
  // Beside what is scraped, all have explicit buckets.
  { source: 'prometheus', exporter: 'otlp,prometheus', flags: FLAGS.slice(0, 1) },
] as const)(
  "the shop's own data, for $source",
  { ...needsTool('prometheus'), timeout: 60_000 },
  ({ source, exporter, flags }) => {
    let dataDir: string;
    let clickhouse: ClickHouseFront;
    let backend: BackendProcess;
    let prometheus: PrometheusProcess;
    let seen: Readonly<Record<string, Seen>>;
    let end: number;

    beforeAll(async () => {
      dataDir = temporaryFolder();
      clickhouse = await clickHouseFront(dataDir);
      backend = await telltaleUp({ clickhouseUrl: clickhouse.url });
      prometheus = await startPrometheus('otlp: {}');
      const [port] = await freePorts(1);
      seen = await visitShop({
        ...VISIT,
        otlpUrl: backend.otlpUrl,
        metricsUrl: `${prometheus.url}/api/v1/otlp/v1/metrics`,
        env: {
          TELLTALE_EXPORTER: exporter,
          OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
          OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
        },
      });
      end = Math.ceil(Date.now() / 1000);
    }, 120_000);

    afterAll(async () => {
      await prometheus[Symbol.asyncDispose]();
      await backend.stop();
      await clickhouse.close();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const range = () => ({ from: end - 900, to: end, step: 60 });

    /** As `telltale compare` counts. */
    async function compared(flag: string): Promise<Counts> {
      const response = await fetch(`${backend.apiUrl}/api/v1/flags/${flag}/comparison`);
      const { variants } = (await response.json()) as Comparison;
      const assigned = variants.filter(({ requests }) => requests > 0);
      return Object.fromEntries(
        assigned.map(({ variant, requests, errors }) => [variant, { requests, errors }]),
      );
    }

    test('a comparison has every request that shoppers sent, and every failure that they saw', async () => {
      expect(Object.values(seen).reduce((sum, { requests }) => sum + requests, 0)).toBe(VISIT.requests);
      for (const [flag] of FLAGS.filter(([, variants]) => variants.length > 1)) {
        const counts = Object.values(await compared(flag));
        const total = (key: keyof Seen) => counts.reduce((sum, one) => sum + one[key], 0);
        expect({ requests: total('requests'), errors: total('errors') }, flag).toEqual(seen[flag]);
      }
      const { off, on } = await compared('new-checkout');
      expect(off?.errors).toBeGreaterThan(0);
      expect(on?.errors).toBeGreaterThan(0);
    });

    test.each(flags)('%s: every PromQL answers with a series for each variant', async (flag, variants) => {
      const board = grafanaDashboard(source, flag);
      const open = await openOnPrometheus(prometheus.url, board, range());
      expect(open.chosen.get('flag')).toBe(flag);
      expect(open.chosen.get('control')).toBe('off');
      const found: Record<string, Record<string, number>> = {};
      for (const { panel, target } of targetsOf(board)) {
        const series = await open.ask(target);
        const names = new Set(series.map(({ labels }) => labels[VARIANT]));
        const [measure = '', against] = target.refId.split('-');
        const control = found['off']?.[measure];
        // There is no multiple of nothing, and nothing more than nobody.
        const isKnown =
          !panel.title.includes('$control') ||
          (against === 'ratio' ? Number(control) > 0 : control !== undefined);
        expect([...names].sort(), `${panel.title}: ${target.refId}`).toEqual(
          isKnown ? wanted(panel.title, variants) : [],
        );
        for (const { labels, points } of series) {
          const last = points.at(-1)?.[1];
          expect(last, `${panel.title}: ${target.refId}`).toEqual(expect.any(Number));
          const variant = labels[VARIANT] ?? '';
          if (panel.title === 'Variants') found[variant] = { ...found[variant], [target.refId]: last ?? 0 };
        }
      }
      expect(found).toMatchObject(await compared(flag));
      for (const { name, target } of askedAnnotations(board)) {
        expect(await open.ask(target as Target), name).toEqual(expect.any(Array));
      }
    });

    test.each(flags)('%s: every SQL answers with a row for each variant', async (flag, variants) => {
      const board = grafanaDashboard('clickhouse', flag);
      const open = await openOnClickHouse(clickhouse.url, board, range());
      expect(open.chosen.get('flag')).toBe(flag);
      expect(open.chosen.get('control')).toBe('off');
      let found: object = {};
      for (const { panel, target } of targetsOf(board)) {
        const rows = await open.ask(target);
        const names = [...new Set(rows.map(({ variant }) => variant))].sort();
        // Spans have the default's variant too.
        const expected = panel.title === 'Traces' ? ['off', 'on'] : wanted(panel.title, variants);
        expect(names, panel.title).toEqual(expected);
        if (panel.title === 'Variants') {
          found = Object.fromEntries(rows.map(({ variant, ...measures }) => [variant, measures]));
        }
      }
      expect(found).toMatchObject(await compared(flag));
      for (const { name, target } of askedAnnotations(board)) {
        expect(await open.ask(target as Target), name).toEqual(expect.any(Array));
      }
    });
  },
);

/** Where variants are shown against the control, it is none of them. */
function wanted(title: string, variants: readonly string[]): string[] {
  return variants.filter((variant) => !title.includes('$control') || variant !== 'off');
}
