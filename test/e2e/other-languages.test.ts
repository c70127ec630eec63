import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { FIXTURES } from '../support/app-process.js';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

const run = promisify(execFile);

/** Starts the backend for a suite; `stored` stops it and asks the folder that it leaves. */
function backendOfSuite() {
  const dataDir = temporaryFolder();
  let backend: BackendProcess;
  beforeAll(async () => {
    backend = await telltaleUp(dataDir);
  });
  afterAll(async () => {
    await backend.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    dataDir,
    backend: () => backend,
    async stored<Row>(sql: string): Promise<Row[]> {
      await backend.stop();
      const store = await openStore({ dataDir });
      try {
        return await store.query<Row>(sql);
      } finally {
        await store.close();
      }
    },
  };
}

/** What a variant's requests were, by the application's own count; all but `spans` of those that the release assigned. */
interface Sent {
  readonly spans: number;
  readonly failedSpans: number;
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
}

interface Exports {
  readonly protocol: string;
  readonly histogram: string;
  readonly temporality: string;
}

const EXPORTS: readonly (Exports & { flag: string })[] = ['http/protobuf', 'grpc'].flatMap((protocol) =>
  ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'].flatMap((histogram) =>
    ['cumulative', 'delta'].map((temporality) => ({
      protocol,
      histogram,
      temporality,
      flag: [protocol, histogram, temporality].join('-').replaceAll(/\W/g, '-'),
    })),
  ),
);

describe("Python's OpenTelemetry SDK and exporters", needsTool('python'), () => {
  const { dataDir, backend, stored } = backendOfSuite();
  const sent = new Map<string, Record<string, Sent>>();

  /** Runs one instance of the application, and gives what it says that it sent. */
  async function runApp(flag: string, seed: number, exports: Exports): Promise<Record<string, Sent>> {
    const { stdout, stderr } = await run(
      toolPath('python'),
      [join(FIXTURES, 'app-python.py'), flag, String(seed), '300'],
      {
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT:
            (exports.protocol === 'grpc' ? backend().grpcUrl : backend().otlpUrl) ?? '',
          OTEL_EXPORTER_OTLP_PROTOCOL: exports.protocol,
          OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
          OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: exports.temporality,
          OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: exports.histogram,
        },
      },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  test.each(EXPORTS)(
    '$protocol, $histogram, $temporality: compare counts what two processes sent',
    {
      timeout: 60_000,
    },
    async ({ flag, ...exports }) => {
      const [first = {}, second = {}] = await Promise.all([1, 2].map((seed) => runApp(flag, seed, exports)));
      const total = Object.fromEntries(
        Object.keys(first).map((name) => [name, sum(first[name], second[name])]),
      );
      sent.set(flag, total);

      const file = join(dataDir, `${flag}.json`);
      const asked = ['--slow', '250ms', '--evidence', file, '--json', '--url', backend().apiUrl];
      const { stdout } = await telltale(['compare', flag, ...asked]);
      const { control, variants } = JSON.parse(stdout);
      expect(control).toBe('off');
      expect(variants).toHaveLength(2);
      const { cells } = JSON.parse(readFileSync(file, 'utf8'));
      for (const { variant, requests, errors, excluded } of variants) {
        const slow = cells
          .filter((cell: { variant: string }) => cell.variant === variant)
          .reduce((all: number, cell: { slow: number }) => all + cell.slow, 0);
        const { spans, failedSpans: _, ...expected } = total[variant] ?? sum(undefined, undefined);
        expect({ requests, errors, slow }).toEqual(expected);
        expect(excluded.override).toBe(spans - expected.requests);
        expect(expected.errors).toBeGreaterThan(0);
      }
    },
  );

  test.each(['http/protobuf', 'grpc'])(
    '%s: a flag that is on SERVER spans alone is compared by them',
    async (protocol) => {
      const counted = EXPORTS.find((one) => one.protocol === protocol)?.flag ?? '';
      const { stdout } = await telltale(['compare', `${counted}-spans`, '--json', '--url', backend().apiUrl]);
      const { evidence, variants } = JSON.parse(stdout);
      expect(evidence).toEqual([expect.objectContaining({ service: 'py-shop', kind: 'entry-spans' })]);
      const expected = Object.entries(sent.get(counted) ?? {}).map(([variant, { spans, failedSpans }]) =>
        expect.objectContaining({ variant, requests: spans, errors: failedSpans }),
      );
      expect(variants).toHaveLength(2);
      expect(variants).toEqual(expect.arrayContaining(expected));
    },
  );

  test('every SERVER span is stored once, with its variant and its status', async () => {
    const rows = await stored<{ flag: string; variant: string; spans: string; failed: string }>(
      `SELECT substring(key, length('feature_flags.') + 1) AS flag, SpanAttributes[key] AS variant,
        uniqExact(TraceId, SpanId) AS spans, countIf(StatusCode = 'Error') AS failed
      FROM otel_traces ARRAY JOIN arrayFilter(k -> startsWith(k, 'feature_flags.'), mapKeys(SpanAttributes)) AS key
      WHERE SpanKind = 'Server' AND ServiceName = 'py-shop' AND NOT endsWith(key, '-spans') GROUP BY flag, variant ORDER BY flag, variant`,
    );
    const expected = [...sent].flatMap(([flag, variants]) =>
      Object.entries(variants).map(([variant, { spans, failedSpans }]) => [
        flag,
        variant,
        spans,
        failedSpans,
      ]),
    );
    expect(rows.map((row) => [row.flag, row.variant, Number(row.spans), Number(row.failed)])).toEqual(
      expected.sort(),
    );
  });
});

function sum(a: Sent | undefined, b: Sent | undefined): Sent {
  const names = ['spans', 'failedSpans', 'requests', 'errors', 'slow'] as const;
  return Object.fromEntries(
    names.map((name) => [name, (a?.[name] ?? 0) + (b?.[name] ?? 0)]),
  ) as unknown as Sent;
}

describe.each(['http', 'grpc'])(
  "Go's OpenTelemetry exporters over %s, through telemetrygen",
  needsTool('telemetrygen'),
  (protocol) => {
    const { backend, stored } = backendOfSuite();
    const workers = 2;

    /** Runs telemetrygen, and gives the sum of what its workers say that they made. */
    async function generate(signal: string, ...options: string[]): Promise<number> {
      const { otlpUrl, grpcUrl = '' } = backend();
      const to =
        protocol === 'http'
          ? ['--otlp-http', '--otlp-endpoint', new URL(otlpUrl).host]
          : ['--otlp-endpoint', new URL(grpcUrl).host];
      const args = [signal, ...to, '--otlp-insecure', '--rate', '0'];
      const { stdout, stderr } = await run(toolPath('telemetrygen'), [
        ...args,
        '--workers',
        String(workers),
        ...options,
      ]);
      const made = [...`${stdout}${stderr}`.matchAll(/"(?:traces|logs|metrics)": (\d+)\}/g)];
      expect(made).toHaveLength(workers);
      return made.reduce((all, [, count]) => all + Number(count), 0);
    }

    test('what it says that it made is in the store', { timeout: 60_000 }, async () => {
      const children = 3;
      const traces = await generate('traces', '--traces', '200', '--child-spans', String(children));
      const logs = await generate('logs', '--logs', '300');
      const points: Record<string, number> = {};
      for (const type of ['Gauge', 'Sum', 'Histogram', 'ExponentialHistogram']) {
        points[type] = await generate('metrics', '--metrics', '150', '--metric-type', type);
      }
      expect([traces, logs, points['Sum']]).toEqual([400, 600, 300]);
      const count = (table: string, what = 'count()') =>
        `SELECT '${table}' AS name, ${what} AS n FROM ${table}`;
      const rows = await stored<{ name: string; n: string }>(
        [
          count('otel_traces', 'uniqExact(TraceId, SpanId)'),
          count('otel_logs'),
          ...['gauge', 'sum', 'histogram', 'exponential_histogram'].map((kind) =>
            count(`otel_metrics_${kind}`),
          ),
        ].join(' UNION ALL '),
      );
      expect(Object.fromEntries(rows.map(({ name, n }) => [name, Number(n)]))).toEqual({
        otel_traces: traces * (1 + children),
        otel_logs: logs,
        otel_metrics_gauge: points['Gauge'],
        otel_metrics_sum: points['Sum'],
        otel_metrics_histogram: points['Histogram'],
        otel_metrics_exponential_histogram: points['ExponentialHistogram'],
      });
    });
  },
);
