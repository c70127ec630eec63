import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AnsweredRequest, createExporting, createOtlpHandler } from '../../src/otlp/index.js';
import { WireReader } from '../../src/otlp/wire.js';
import { listenGrpc } from '../../src/server/grpc-listener.js';
import type { Store } from '../../src/store/store.js';
import { type GrpcReply, grpcClient } from './grpc-client.js';
import { type Call, post, type Reply } from './otlp-client.js';
import type { JsonForm } from './otlp-encoder.js';

export type Encoding = 'protobuf' | 'json';

/** One OTLP signal: how to ask for it, where its rows are, and how many records a request in JSON form holds. */
export interface StoredSignal {
  readonly path: string;
  readonly rpc: 'traces' | 'logs' | 'metrics';
  readonly request: string;
  /** In the answer's `partialSuccess`. */
  readonly rejectedField: string;
  /** Tables of its rows, and the column with a record's name. */
  readonly tables: readonly string[];
  readonly name: string;
  records(form: JsonForm): number;
}

const METRIC_KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

export const SIGNALS = {
  traces: {
    path: '/v1/traces',
    rpc: 'traces',
    request: 'ExportTraceServiceRequest',
    rejectedField: 'rejectedSpans',
    tables: ['otel_traces'],
    name: 'SpanName',
    records: (form) => within(form, ['resourceSpans', 'scopeSpans', 'spans']).length,
  },
  logs: {
    path: '/v1/logs',
    rpc: 'logs',
    request: 'ExportLogsServiceRequest',
    rejectedField: 'rejectedLogRecords',
    tables: ['otel_logs'],
    name: 'EventName',
    records: (form) => within(form, ['resourceLogs', 'scopeLogs', 'logRecords']).length,
  },
  metrics: {
    path: '/v1/metrics',
    rpc: 'metrics',
    request: 'ExportMetricsServiceRequest',
    rejectedField: 'rejectedDataPoints',
    tables: ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map(
      (kind) => `otel_metrics_${kind}`,
    ),
    name: 'MetricName',
    records: (form) => {
      const metrics = within(form, ['resourceMetrics', 'scopeMetrics', 'metrics']);
      return METRIC_KINDS.flatMap((kind) => within({ metrics }, ['metrics', kind, 'dataPoints'])).length;
    },
  },
} satisfies Record<string, StoredSignal>;

/** What stands at a path of fields, each of which holds one message or a list. */
function within(value: unknown, path: readonly string[]): unknown[] {
  let found: unknown[] = [value];
  for (const field of path) {
    found = found.flatMap((item) => {
      const inner = typeof item === 'object' && item !== null ? (item as JsonForm)[field] : undefined;
      return inner === undefined || inner === null ? [] : inner;
    });
  }
  return found;
}

/** How many records a 200 says were refused. */
export function rejected(reply: Reply, { rejectedField }: StoredSignal): number {
  if (reply.headers['content-type'] === 'application/json') {
    return Number(JSON.parse(reply.body.toString()).partialSuccess?.[rejectedField] ?? 0);
  }
  const reader = new WireReader(reply.body);
  return reader.next() ? reader.message(countOf, undefined) : 0;
}

function countOf(partialSuccess: WireReader): number {
  let count = 0;
  while (partialSuccess.next()) {
    if (partialSuccess.field === 1) count = Number(partialSuccess.int64Text());
    else partialSuccess.skip();
  }
  return count;
}

export interface StoringReceiver {
  /** What the receiver reported: its own faults, and the store's. */
  readonly errors: readonly unknown[];
  /** What it observed of each answered request, for the counts that it shows. */
  readonly answered: readonly AnsweredRequest[];
  send(
    signal: StoredSignal,
    encoding: Encoding,
    body: Uint8Array | string,
    call?: Partial<Call>,
  ): Promise<Reply>;
  /** Where OTLP/gRPC is received. */
  readonly grpcUrl: string;
  /** Sends a message over OTLP/gRPC, as it is. */
  call(signal: StoredSignal, body: Buffer): Promise<GrpcReply>;
  /** Rows of the signal in the store. */
  rows(signal: StoredSignal): Promise<number>;
  /** Names that begin so among the signal's rows, sorted, each as often as it is there. */
  names(signal: StoredSignal, prefix: string): Promise<string[]>;
  close(): Promise<void>;
}

/** The real receivers, each on a free port, in front of a real store. */
export async function storingReceiver(store: Store): Promise<StoringReceiver> {
  const errors: unknown[] = [];
  const answered: AnsweredRequest[] = [];
  const exporting = createExporting({
    sink: store.sink,
    onError: (error) => errors.push(error),
    onRequest: (request) => answered.push(request),
  });
  const server = createServer(createOtlpHandler(exporting));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const place = { host: '127.0.0.1', port: 0, option: '--otlp-grpc-port' };
  const grpc = await listenGrpc({ exporting, check: () => undefined }, place);
  const client = grpcClient(grpc.url);
  const each = ({ tables, name }: StoredSignal): string =>
    tables.map((table) => `SELECT ${name} AS name FROM ${table}`).join(' UNION ALL ');
  return {
    errors,
    answered,
    send: ({ path }, encoding, body, call = {}) => {
      const headers = { 'Content-Type': `application/${encoding === 'json' ? 'json' : 'x-protobuf'}` };
      return post({ port, path, ...call, headers: { ...headers, ...call.headers } }, body);
    },
    grpcUrl: grpc.url,
    call: ({ rpc }, body) => client.call(body, { signal: rpc }),
    async rows(signal) {
      const [row] = await store.query<{ n: number }>(`SELECT count() AS n FROM (${each(signal)})`);
      return Number(row?.n);
    },
    async names(signal, prefix) {
      const sql = `SELECT name FROM (${each(signal)}) WHERE startsWith(name, {prefix:String}) ORDER BY name`;
      return (await store.query<{ name: string }>(sql, { prefix })).map(({ name }) => name);
    },
    async close() {
      client.close();
      await grpc.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
