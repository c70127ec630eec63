import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { beforeAll, describe, expect, test } from 'vitest';
import { estimateCost } from '../../src/dashboards/datadog-cost.js';
import { datadogExamples } from '../../src/dashboards/datadog-files.js';
import { telltaleViews } from '../../src/node/index.js';
import { tagValue } from '../../src/sources/datadog-query.js';
import { type Collector, type Export, startCollector } from '../support/app-collector.js';
import { fresh } from '../support/app-fresh.js';
import { metricRequests } from '../support/datadog-widgets.js';

const ROOT = join(import.meta.dirname, '../..');
/** As Datadog renames attributes of the resource, by its documentation. */
const RESOURCE_TAGS: Readonly<Record<string, string>> = {
  'service.name': 'service',
  'service.version': 'version',
  'deployment.environment.name': 'env',
};

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Points {
  readonly aggregationTemporality?: number;
  readonly dataPoints: readonly { readonly attributes: readonly Attribute[] }[];
}
interface Body {
  readonly resourceMetrics?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly sum?: Points;
        readonly exponentialHistogram?: Points;
      }[];
    }[];
  }[];
}

/** Tags of each metric, with their values, as Datadog has them from these exports. */
function tagsOf(exports: readonly Export[]): Map<string, Map<string, Set<string>>> {
  const found = new Map<string, Map<string, Set<string>>>();
  for (const { body } of exports) {
    for (const { resource, scopeMetrics } of (JSON.parse(body.toString('utf8')) as Body).resourceMetrics ??
      []) {
      const mapped = resource.attributes.flatMap(({ key, value }) => {
        const tag = RESOURCE_TAGS[key];
        return tag === undefined ? [] : [{ key: tag, value }];
      });
      for (const { name, sum, exponentialHistogram } of scopeMetrics.flatMap((scope) => scope.metrics)) {
        const tags = found.get(name) ?? new Map<string, Set<string>>();
        found.set(name, tags);
        for (const { attributes } of (sum ?? exponentialHistogram)?.dataPoints ?? []) {
          for (const { key, value } of [...attributes, ...mapped]) {
            tags.set(key, (tags.get(key) ?? new Set()).add(tagValue(value.stringValue ?? '')));
          }
        }
      }
    }
  }
  return found;
}

/** What a query asks: a metric, and tags with the values that it names. `$variables` are tags too. */
function askedBy(query: string, prefixes: Readonly<Record<string, string>>) {
  const parts = [...query.matchAll(/:([a-z_.]+)\{([^}]*)\}(?: by \{([^}]*)\})?/g)];
  return parts.map(([, metric = '', scope = '', by = '']) => ({
    metric,
    tags: [
      ...scope.split(',').map((term) => {
        const [, variable, tag = ''] = /^!?(?:\$(\w+)|([^:]+):.*)$/.exec(term) ?? [];
        return variable === undefined ? tag : (prefixes[variable] ?? '');
      }),
      ...by.split(',').filter((tag) => tag !== ''),
    ],
    values: scope.split(',').flatMap((term) => {
      const [, tag = '', value = ''] = /^!?([^:$]+):([^$]+)$/.exec(term) ?? [];
      return value === '' || value.includes('*') ? [] : [[tag, value] as const];
    }),
  }));
}

/** Every metric query of the files, with what its variables stand for. */
function askedByFiles() {
  return Object.entries(datadogExamples()).flatMap(([path, text]) => {
    if (path.endsWith('dashboard.json')) {
      const dashboard = JSON.parse(text);
      const prefixes = Object.fromEntries(
        dashboard.template_variables.map(({ name, prefix }: { name: string; prefix: string }) => [
          name,
          prefix,
        ]),
      );
      return metricRequests(dashboard).flatMap(({ queries }) =>
        queries.flatMap(({ query }) => askedBy(query, prefixes)),
      );
    }
    return path.includes('monitors/') ? askedBy(JSON.parse(text).query, {}) : [];
  });
}

/** The processes of the demo, which are started as it starts them. */
interface Children {
  start(name: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp): Promise<string[]>;
  stop(): Promise<void>;
}

/** The shop, with checkouts of so many shoppers that both variants of the flag are among them. */
async function visitShop(collector: Collector): Promise<void> {
  const { createChildren } = await import(join(ROOT, 'examples/shop/children.js'));
  const children: Children = createChildren();
  const [url = ''] = await children.start(
    'shop',
    ['--import', join(ROOT, 'examples/shop/telemetry.js'), join(ROOT, 'examples/shop/app.js')],
    {
      ...process.env,
      PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2,deployment.environment.name=prod',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
    /shop listens on (http:\S+)/,
  );
  try {
    for (let shopper = 0; shopper < 100; shopper += 1) {
      const response = await fetch(`${url}/checkout`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': `shopper-${shopper}` },
        body: JSON.stringify({ items: [{ id: 1, quantity: 1 }] }),
      });
      await response.arrayBuffer();
    }
  } finally {
    await children.stop();
  }
}

/** What a shop may never show in a minute: a client that gives up, a job, versions, a threshold of slow ones. */
async function exportRareOnes(collector: Collector): Promise<void> {
  const { operation, telltale } = await fresh({ slowThresholdMs: 250 });
  const exporter = new OTLPMetricExporter({
    url: `${collector.url}/v1/metrics`,
    temporalityPreference: AggregationTemporality.DELTA,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ views: telltaleViews(), readers: [reader] });
  metrics.disable();
  metrics.setGlobalMeterProvider(meters);
  operation.serve({ key: 'flag', version: '3', targetingKey: 'user' }, { statusCode: 500 });
  operation.serve({ key: 'flag' }, { aborted: true });
  await telltale.run('job', async () => operation.evaluate());
  await meters.shutdown();
}

describe('what dashboards and monitors for Datadog ask, beside what is really sent', () => {
  let sent: ReturnType<typeof tagsOf>;
  let shop: ReturnType<typeof tagsOf>;
  beforeAll(async () => {
    await using collector = await startCollector();
    await visitShop(collector);
    shop = tagsOf(collector.exports);
    await exportRareOnes(collector);
    sent = tagsOf(collector.exports);
  }, 120_000);

  test('every metric and every tag is sent', () => {
    const asked = askedByFiles();
    expect(asked.length).toBeGreaterThan(50);
    for (const { metric, tags } of asked) {
      expect([...(sent.get(metric)?.keys() ?? [])]).toEqual(expect.arrayContaining(tags));
    }
  });

  test('every value that a query names is one of those sent, and the shop sends both variants', () => {
    const named = new Map(askedByFiles().flatMap(({ values }) => values.map((one) => [one.join(':'), one])));
    expect([...named.keys()].sort()).toEqual([
      'feature_flag.key:new-checkout',
      'feature_flag.result.variant:off',
      'telltale.assignment:assigned',
      'telltale.outcome:aborted',
    ]);
    for (const [tag, value] of named.values()) {
      expect([...(sent.get('telltale.operation.duration')?.get(tag) ?? [])]).toContain(value);
    }
    const variants = shop.get('telltale.operation.duration')?.get('feature_flag.result.variant') ?? [];
    expect([...variants].sort()).toEqual(['off', 'on']);
  });

  test('every metric that the estimate counts is sent, and no other of ours but what was dropped', () => {
    const ours = [...sent.keys()].filter((name) => /^(telltale|feature_flag)\./.test(name));
    const estimated = estimateCost({ flags: 1, variants: 2, routes: 1, statuses: 1, instances: 1 });
    expect(ours.filter((name) => name !== 'telltale.dropped').sort()).toEqual(
      estimated.map(({ metric }) => metric).sort(),
    );
  });
});
