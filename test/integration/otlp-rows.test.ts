import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Batch,
  decodeLogs,
  decodeLogsJson,
  decodeMetrics,
  decodeMetricsJson,
  decodeTraces,
  decodeTracesJson,
  type LogRecord,
  type Span,
  type TelemetrySink,
} from '../../src/otlp/index.js';
import { openStore, type Query } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { logRequests, metricRequests, traceRequests } from '../support/otlp-arbitraries.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { plain } from '../support/otlp-plain.js';

const METRIC_TABLES = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'];
const TABLES = ['otel_traces', 'otel_logs', ...METRIC_TABLES.map((kind) => `otel_metrics_${kind}`)];

/** Random points seldom have counts that add up, so here are two that do. */
const point = {
  attributes: [{ key: 'k', value: { stringValue: "it's" } }],
  startTimeUnixNano: '1700000000000000001',
  timeUnixNano: '1700000000000000002',
  count: '7',
  sum: -0.1,
  min: 1e-7,
  max: 1e21,
  exemplars: [
    { timeUnixNano: '5', asDouble: 'NaN', filteredAttributes: [{ key: 'e', value: { intValue: '-1' } }] },
  ],
};
const HISTOGRAMS = {
  histogram: { dataPoints: [{ ...point, bucketCounts: ['4', '3'], explicitBounds: [0.005] }] },
  exponentialHistogram: {
    dataPoints: [
      {
        ...point,
        scale: -3,
        zeroCount: '1',
        positive: { offset: -7, bucketCounts: ['1', '0', '2'] },
        negative: { offset: 3, bucketCounts: ['3'] },
      },
    ],
  },
};
const metricForm = (data: JsonForm): JsonForm => ({
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', ...data }] }] }],
});

const sample = (arbitrary: fc.Arbitrary<JsonForm>): JsonForm[] =>
  fc.sample(arbitrary, { numRuns: 300, seed: 6 });
const FORMS = { traces: sample(traceRequests), logs: sample(logRequests), metrics: sample(metricRequests) };
for (const [kind, data] of Object.entries(HISTOGRAMS)) FORMS.metrics.push(metricForm({ [kind]: data }));

const json = (form: JsonForm): Buffer => Buffer.from(JSON.stringify(form));

async function deliver<Row>(
  forms: readonly JsonForm[],
  decode: (form: JsonForm) => Batch<Row>,
  into: (rows: readonly Row[]) => ReturnType<TelemetrySink['spans']>,
): Promise<void> {
  expect(await into(forms.flatMap((form) => decode(form).rows))).toBeUndefined();
}

async function withStore<T>(use: (sink: TelemetrySink, query: Query) => Promise<T>): Promise<T> {
  const dataDir = temporaryFolder();
  const store = await openStore({ dataDir });
  try {
    return await use(store.sink, store.query);
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Whole rows of every table, sorted, as text: engine and session are the same, so equal rows give equal texts. */
async function contents(query: Query): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await query<{ row: string }>(`SELECT toString(tuple(*)) AS row FROM ${table} ORDER BY row`);
    tables[table] = rows.map(({ row }) => row);
  }
  return tables;
}

test('both encodings of one request become the same rows, in every table', async () => {
  const fromProtobuf = await withStore(async (sink, query) => {
    const body = (name: string) => (form: JsonForm) => encodeMessage(name, form);
    const [traces, logs, metrics] = ['Trace', 'Logs', 'Metrics'].map((name) =>
      body(`Export${name}ServiceRequest`),
    );
    await deliver(FORMS.traces, (form) => decodeTraces(traces?.(form) as Buffer), sink.spans);
    await deliver(FORMS.logs, (form) => decodeLogs(logs?.(form) as Buffer), sink.logs);
    await deliver(FORMS.metrics, (form) => decodeMetrics(metrics?.(form) as Buffer), sink.metrics);
    return contents(query);
  });
  const fromJson = await withStore(async (sink, query) => {
    await deliver(FORMS.traces, (form) => decodeTracesJson(json(form)), sink.spans);
    await deliver(FORMS.logs, (form) => decodeLogsJson(json(form)), sink.logs);
    await deliver(FORMS.metrics, (form) => decodeMetricsJson(json(form)), sink.metrics);
    return contents(query);
  });
  for (const table of TABLES) {
    // A comparison of empty tables would prove nothing.
    expect(fromProtobuf[table]?.length, table).toBeGreaterThan(0);
    expect(fromProtobuf[table], table).toEqual(fromJson[table]);
  }
}, 120_000);

/** Texts and attributes of a span as the engine should give them back. */
function spanTexts(span: Span): unknown {
  const { events, links } = span;
  return {
    name: span.name,
    state: span.traceState,
    message: span.statusMessage,
    scope: [span.scope.name, span.scope.version],
    resource: entries(span.resource.attributes),
    attributes: entries(span.attributes),
    events: events.map((event) => [event.name, entries(event.attributes)]),
    links: links.map((link) => [link.traceId, link.spanId, link.traceState, entries(link.attributes)]),
  };
}

function logTexts(record: LogRecord): unknown {
  return {
    body: record.body,
    severity: record.severityText,
    event: record.eventName,
    scope: [record.scope.name, record.scope.version],
    resource: entries(record.resource.attributes),
    attributes: entries(record.attributes),
    urls: [record.resource.schemaUrl, record.scope.schemaUrl, entries(record.scope.attributes)],
  };
}

/** What is no Unicode (half a surrogate pair) is stored as U+FFFD. */
function entries(attributes: object): unknown {
  return Object.entries(attributes).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const pairs = (column: string): string => `arraySort(arrayZip(mapKeys(${column}), mapValues(${column})))`;
const each = (column: string): string => `arrayMap(m -> ${pairs('m')}, ${column})`;

test('every text and attribute is given back as it was, whatever characters it has', async () => {
  const odd = [
    '\0',
    '\t',
    '\n',
    '\r',
    '"',
    '""',
    "'",
    '\\',
    "\\'",
    ',',
    '{',
    '}',
    ':',
    '\\N',
    'é',
    '\u2028',
    '🛒',
  ];
  const texts = [...odd, ...odd.map((text) => `a${text}`.repeat(40)), ''];
  const attributes = texts.map((text) => ({ key: text, value: { stringValue: text } }));
  const hard = { name: texts.join(''), traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes };
  const spans = [
    hard,
    ...texts.map((text) => ({ ...hard, name: text, traceState: text, events: [{ name: text, attributes }] })),
  ];
  const form = {
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: texts[4] }, spans }] }],
  };
  const traces = [form, ...FORMS.traces].map((one) =>
    decodeTraces(encodeMessage('ExportTraceServiceRequest', one)),
  );
  const logs = FORMS.logs.map((one) => decodeLogs(encodeMessage('ExportLogsServiceRequest', one)));
  const [storedSpans, storedLogs] = await withStore(async (sink, query) => {
    await sink.spans(traces.flatMap(({ rows }) => rows));
    await sink.logs(logs.flatMap(({ rows }) => rows));
    return [
      await query(`SELECT SpanName AS name, TraceState AS state, StatusMessage AS message,
        [ScopeName, ScopeVersion] AS scope, ${pairs('ResourceAttributes')} AS resource,
        ${pairs('SpanAttributes')} AS attributes,
        arrayMap((a, b) -> (a, b), Events.Name, ${each('Events.Attributes')}) AS events,
        arrayMap((a, b, c, d) -> (a, b, c, d), Links.TraceId, Links.SpanId, Links.TraceState,
          ${each('Links.Attributes')}) AS links FROM otel_traces`),
      await query(`SELECT Body AS body, SeverityText AS severity, EventName AS event,
        [ScopeName, ScopeVersion] AS scope, ${pairs('ResourceAttributes')} AS resource,
        ${pairs('LogAttributes')} AS attributes,
        (ResourceSchemaUrl, ScopeSchemaUrl, ${pairs('ScopeAttributes')}) AS urls FROM otel_logs`),
    ];
  });
  const texted = (rows: readonly unknown[]): string[] =>
    rows.map((row) => JSON.stringify(row).toWellFormed()).sort();
  expect(storedSpans.length).toBeGreaterThan(100);
  expect(storedLogs.length).toBeGreaterThan(100);
  expect(texted(storedSpans)).toEqual(texted(traces.flatMap(({ rows }) => plain(rows).map(spanTexts))));
  expect(texted(storedLogs)).toEqual(texted(logs.flatMap(({ rows }) => plain(rows).map(logTexts))));
}, 120_000);
