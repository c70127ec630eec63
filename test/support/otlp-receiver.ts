import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AnsweredRequest,
  createExporting,
  createOtlpHandler,
  type LogRecord,
  type Metric,
  type Rejection,
  type Span,
  type TelemetrySink,
} from '../../src/otlp/index.js';
import { plain } from './otlp-plain.js';

export interface TestReceiver {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  readonly spans: Span[];
  readonly logs: LogRecord[];
  readonly metrics: Metric[];
  /** What the handler reported. */
  readonly errors: unknown[];
  /** What it observed of each answered request. */
  readonly answered: AnsweredRequest[];
  close(): Promise<void>;
}

export interface TestReceiverOptions {
  readonly maxBodyBytes?: number;
  readonly maxHeldBytes?: number;
  /** Runs after the rows were recorded: its result is the sink's. */
  readonly settle?: () => Promise<Rejection | undefined>;
}

/** The real handler on a free port, with a sink that remembers. */
export async function startReceiver(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  const metrics: Metric[] = [];
  const errors: unknown[] = [];
  const into =
    <Row>(list: Row[]) =>
    async (rows: readonly Row[]): Promise<Rejection | undefined> => {
      list.push(...plain(rows));
      return options.settle?.();
    };
  const sink: TelemetrySink = { spans: into(spans), logs: into(logs), metrics: into(metrics) };
  const answered: AnsweredRequest[] = [];
  const { settle: _, ...limits } = options;
  const exporting = createExporting({
    sink,
    onError: (error) => errors.push(error),
    onRequest: (request) => answered.push(request),
    ...limits,
  });
  const server = createServer(createOtlpHandler(exporting));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    spans,
    logs,
    metrics,
    errors,
    answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
