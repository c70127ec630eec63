import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { toolPath } from './tool-paths.js';

/** A span of the service `shop`, on its way into a connector. */
export interface ConnectorSpan {
  readonly flags: Record<string, string>;
  readonly kind?: number;
  readonly failed?: boolean;
  readonly milliseconds?: number;
  readonly traceState?: string;
  readonly name?: string;
  readonly service?: string;
}

/**
 * What a real `span_metrics` connector makes of these exports, one after another: metrics as OTLP/JSON, one text a flush,
 * at least one flush an export.
 */
export async function throughConnector(
  configuration: Record<string, unknown>,
  exports: readonly (readonly ConnectorSpan[])[],
): Promise<string[]> {
  const given = {
    metrics_flush_interval: '20ms',
    dimensions: [{ glob: 'feature_flags.**' }],
    ...configuration,
  };
  const connector = spawn(toolPath('spanmetrics'), [JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  connector.stdin.end(exports.map((spans) => `${exported(spans)}\n`).join(''));
  return (await text(connector.stdout)).trimEnd().split('\n');
}

/** Spans of one export, as OTLP/JSON on one line. */
function exported(spans: readonly ConnectorSpan[]): string {
  const services = [...new Set(spans.map(({ service = 'shop' }) => service))];
  return JSON.stringify({
    resourceSpans: services.map((name) => ({
      resource: { attributes: [attribute(['service.name', name]), attribute(['service.version', '1.4'])] },
      scopeSpans: [{ spans: spans.filter(({ service = 'shop' }) => service === name).map(spanJson) }],
    })),
  });
}

const START = 1_800_000_000_000_000_000n;

function spanJson(span: ConnectorSpan, i: number) {
  return {
    traceId: i.toString(16).padStart(32, '1'),
    spanId: i.toString(16).padStart(16, '1'),
    name: span.name ?? 'GET /checkout',
    kind: span.kind ?? 2,
    traceState: span.traceState ?? '',
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + BigInt(span.milliseconds ?? 30) * 1_000_000n),
    attributes: Object.entries(span.flags).map(([flag, variant]) =>
      attribute([`feature_flags.${flag}`, variant]),
    ),
    status: { code: span.failed ? 2 : 0 },
  };
}

function attribute([key, value]: readonly [string, string]) {
  return { key, value: { stringValue: value } };
}
