import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../../src/sources/location.js';
import type { Source } from '../../src/sources/source.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

/** What a service has counted. */
interface Counted {
  readonly off: number;
  readonly on: number;
  readonly failed: number;
}

/**
 * The page of a collector's prometheus exporter 0.159, as one was seen to write it: of each service its resource, as
 * `job` and `instance`, which Prometheus renames. `shop` sends spans, `web` the metric of its HTTP server.
 */
function page(services: Readonly<Record<string, Counted>>): string {
  const lines = Object.entries(services).flatMap(([service, { off, on, failed }]) => {
    const resource = `instance="i1",job="team/${service}",otel_scope_name="x",otel_scope_version=""`;
    const series =
      service === 'web'
        ? { name: 'http_server_request_duration_seconds', of: `http_route="/x"`, failed: 'error_type="500"' }
        : {
            name: 'traces_span_metrics_duration_seconds',
            of: `collector_instance_id="c1",sampling_method="counted",service_name="${service}",span_kind="SPAN_KIND_SERVER"`,
            failed: 'status_code="STATUS_CODE_ERROR"',
          };
    const histogram = (labels: string, count: number): string[] => {
      const all = `feature_flags_new_checkout=${labels},${resource},${series.of}`;
      return [
        `${series.name}_bucket{${all},le="1.0"} ${count}`,
        `${series.name}_bucket{${all},le="+Inf"} ${count}`,
        `${series.name}_sum{${all}} 1`,
        `${series.name}_count{${all}} ${count}`,
      ];
    };
    return [
      `target_info{instance="i1",job="team/${service}",service_version="of-${service}"} 1`,
      ...histogram('"off"', off),
      ...histogram('"on"', on),
      ...histogram(`"on",${series.failed}`, failed),
    ];
  });
  return `${lines.join('\n')}\n`;
}

describe("a collector's exporter that Prometheus scrapes", needsTool('prometheus'), () => {
  let exporter: Server;
  let prometheus: PrometheusProcess;
  let source: Source;
  let now: Readonly<Record<string, Counted>>;

  beforeAll(async () => {
    now = { first: { off: 1000, on: 1000, failed: 1000 } };
    exporter = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(page(now));
    });
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    prometheus = await startPrometheus(
      `scrape_configs: [{job_name: collectors, scrape_interval: 1s, static_configs: [{targets: ["${target}"]}]}]`,
    );
    source = openSource(`prometheus+${prometheus.url}`, {});
  });
  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    exporter.closeAllConnections();
    await new Promise((resolve) => exporter.close(resolve));
  });

  /** Shows other counts, and waits until they were scraped twice, so that they are of a second of their own. */
  async function show(services: Readonly<Record<string, Counted>>): Promise<void> {
    now = { ...now, ...services };
    const shown = new URLSearchParams({ query: 'sum({__name__=~".+_count"}) and on() (sum(up) > 0)' });
    const wanted = Object.values(now).reduce((sum, { off, on, failed }) => sum + off + on + failed, 0);
    let seen = 0;
    await expect
      .poll(
        async () => {
          const answer = await fetch(`${prometheus.url}/api/v1/query?${shown}`);
          const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
          if (Number(data.result[0]?.value[1]) === wanted) seen += 1;
          return seen;
        },
        { interval: 500, timeout: 30_000 },
      )
      .toBeGreaterThanOrEqual(5);
  }

  test('services are told apart by what the exporter calls them, and counted from their first series on', async () => {
    const from = Date.now() / 1000 - 600;
    await show({});
    const zero = { off: 0, on: 0, failed: 0 };
    await show({ shop: { off: 30, on: 8, failed: 2 }, web: zero });
    await show({ shop: { off: 60, on: 16, failed: 4 }, web: { off: 9, on: 5, failed: 3 } });
    const window = { from, to: Date.now() / 1000 };
    const selection = { flag: 'new-checkout' };
    const evidence = await source.evidence(selection, window);
    expect(evidence.map(({ service, kind }) => [service, kind])).toEqual([
      ['first', 'span-metrics'],
      ['shop', 'span-metrics'],
      ['web', 'http-duration'],
    ]);
    for (const service of ['shop', 'web', undefined]) {
      const counts = await source.counts({ ...selection, service, evidence }, window, {
        edgeIndex: 0,
        calibratedUntil: window.to,
        changes: [],
      });
      const all = [
        ['shop', 'of-shop', 'off', 60, 0],
        ['shop', 'of-shop', 'on', 20, 4],
        ['web', 'of-web', 'off', 9, 0],
        ['web', 'of-web', 'on', 8, 3],
      ];
      expect(
        counts.map((c) => [c.service, c.serviceVersion, c.variant, c.requests, c.errors]).sort(),
      ).toEqual(all.filter(([name]) => service === undefined || name === service));
    }
  });
});
