import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Attributes } from '../../src/otlp/model.js';
import { startApp } from '../support/app-process.js';
import { temporaryFolder } from '../support/backend-process.js';
import { runCollector } from '../support/collector.js';
import { decoded, INTAKE_CA, startDatadogIntake } from '../support/datadog-intake.js';
import { sentPoints } from '../support/steady-senders.js';
import { needsTool } from '../support/tools.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KEY = '0123456789abcdef0123456789abcdef';
const DELTA = 1;

describe(
  "collector-config.yaml with TO_DATADOG, to a stand-in for Datadog's intake",
  needsTool('collector'),
  () => {
    test('all three signals, as Datadog documents them, and every operation once', {
      timeout: 60_000,
    }, async () => {
      await using intake = await startDatadogIntake();
      await using collector = await runCollector({
        state: join(folder, 'queues'),
        env: {
          TO_TELLTALE: 'nop',
          TO_DATADOG: 'otlp_http/datadog',
          DD_API_KEY: KEY,
          SPAN_METRICS_INTERVAL: '300ms',
        },
        set: [
          `exporters.otlp_http/datadog.endpoint=${intake.url}`,
          `exporters.otlp_http/datadog.tls.ca_file=${INTAKE_CA}`,
          'exporters.otlp_http/datadog.tls.server_name_override=otlp.datadoghq.com',
        ],
      });
      await using app = await startApp({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
          OTEL_METRIC_EXPORT_INTERVAL: '500',
          OTEL_METRIC_EXPORT_TIMEOUT: '500',
        },
      });
      const points = (name: string) =>
        decoded(intake.requests)
          .metrics.filter((metric) => metric.name === name)
          .flatMap((metric) => (metric.type === 'exponentialHistogram' ? metric.points : []));
      const requests = (name: string, key: string, value: string) =>
        points(name)
          .filter(({ attributes }) => (attributes as Attributes)[key] === value)
          .reduce((sum, { count }) => sum + count, 0);
      const operations = (flag: string) => requests('telltale.operation.duration', 'feature_flag.key', flag);
      const soon = { timeout: 60_000, interval: 200 };

      for (const reported of [15, 30]) {
        for (let i = 0; i < 15; i += 1)
          await (await app.get(`/products/${i}${i < 5 ? '?on=1' : ''}`)).arrayBuffer();
        // The first report is there before the second, which is cumulative, is made.
        await vi.waitFor(() => expect(operations('new-checkout')).toBe(reported), soon);
      }
      await app.stop();
      // One request of more than the intake takes.
      const { ids, body } = sentPoints(6000);
      expect(body.length).toBeGreaterThan(500_000);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${collector.url}/v1/metrics`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      await vi.waitFor(() => {
        const { spans, logs } = decoded(intake.requests);
        expect(spans.filter(({ kind }) => kind === 2)).toHaveLength(30);
        expect(logs.filter(({ eventName }) => eventName === 'feature_flag.evaluation')).toHaveLength(60);
        expect(operations('durable')).toBe(ids.length);
        expect(requests('traces.span.metrics.duration', 'feature_flags.new-checkout', 'on')).toBe(10);
      }, soon);
      expect(operations('new-checkout')).toBe(30);

      for (const { path, headers, body } of intake.requests) {
        expect(path).toMatch(/^\/v1\/(traces|metrics|logs)$/);
        expect(headers).toMatchObject({
          'dd-api-key': KEY,
          compute_stats: 'true',
          'dd-otel-metric-config': '{"resource_attributes_as_tags":true}',
          'content-type': 'application/x-protobuf',
          'content-encoding': 'gzip',
        });
        expect(body.length).toBeLessThanOrEqual(500_000);
      }
      const temporalities = decoded(intake.requests).metrics.map((metric) =>
        'temporality' in metric && !(metric.type === 'sum' && !metric.isMonotonic)
          ? metric.temporality
          : DELTA,
      );
      expect(new Set(temporalities)).toEqual(new Set([DELTA]));
    });
  },
);
