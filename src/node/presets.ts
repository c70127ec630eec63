import { diag } from '@opentelemetry/api';
import { expected } from '../core/options.js';
import { environmentText } from '../core/settings-environment.js';
import { datadogAgent, datadogIntake } from './datadog.js';
import { exporterNames, SIGNALS, type Signal } from './environment.js';
import { exportersFromEnvironment } from './exporters.js';
import { forAll, type OtlpTarget, pipelinesTo } from './otlp-target.js';
import { loadPeer } from './peer.js';
import { type Pipelines, printLogRecords, printMetrics, printSpans, VIA } from './pipelines.js';

const PRESETS = ['otlp', 'datadog', 'datadog-agent', 'prometheus', 'telltale', 'console'] as const;

/**
 * Where telemetry goes, by one name: `otlp` where the standard `OTEL_*` variables say, `datadog` to Datadog without an
 * agent (`DD_API_KEY`, `DD_SITE`), `datadog-agent` to Datadog's agent (`DD_AGENT_HOST`), `prometheus` where Prometheus
 * scrapes metrics, `telltale` to `telltale up` on this machine, `console` to stdout.
 */
export type ExporterPreset = (typeof PRESETS)[number];

const TARGETS: Partial<Record<ExporterPreset, () => OtlpTarget>> = {
  datadog: datadogIntake,
  'datadog-agent': datadogAgent,
  telltale: telltaleBackend,
};

/**
 * The presets of a list, each once.
 *
 * @param option As messages name it.
 * @throws TypeError where it is no list of their names.
 */
export function checkPresets(option: string, names: unknown): readonly ExporterPreset[] {
  const known = (name: unknown): name is ExporterPreset => PRESETS.some((preset) => preset === name);
  if (Array.isArray(names) && names.length > 0 && names.every(known)) return [...new Set(names)];
  throw expected(option, `a list of one or more of ${PRESETS.join(', ')}`, names);
}

/**
 * What exports to all of the presets. `OTEL_{TRACES,METRICS,LOGS}_EXPORTER=none` switches a signal off for each of
 * them; what else `OTEL_*_EXPORTER` and `OTEL_EXPORTER_OTLP_*` say is for `otlp` alone.
 *
 * @throws Error where a variable that a preset reads is missing or wrong, two presets go to one place, or a package is
 *   not installed.
 */
export function exportersOf(presets: readonly ExporterPreset[]): Pipelines {
  const signals = SIGNALS.filter((signal) => exporterNames(signal).length > 0);
  const targets = presets.map((preset) => [preset, TARGETS[preset]?.()] as const);
  checkPlaces(targets);
  if (!presets.includes('otlp')) warnOfUnread();
  const all = targets.map(([preset, target]) =>
    target === undefined ? pipelinesOf(preset, signals) : pipelinesTo(target, signals),
  );
  return {
    spanProcessors: all.flatMap(({ spanProcessors }) => spanProcessors),
    logRecordProcessors: all.flatMap(({ logRecordProcessors }) => logRecordProcessors),
    metricReaders: all.flatMap(({ metricReaders }) => metricReaders),
  };
}

function pipelinesOf(preset: ExporterPreset, signals: readonly Signal[]): Pipelines {
  if (preset === 'otlp') return exportersFromEnvironment();
  const isConsole = preset === 'console';
  return {
    spanProcessors: isConsole && signals.includes('TRACES') ? [printSpans()] : [],
    logRecordProcessors: isConsole && signals.includes('LOGS') ? [printLogRecords()] : [],
    metricReaders: signals.includes('METRICS') ? [isConsole ? printMetrics() : prometheusReader()] : [],
  };
}

type ExporterPrometheus = typeof import('@opentelemetry/exporter-prometheus');

/**
 * Listens where the standard variables say, as NodeSDK's own does.
 *
 * @throws Error where the port cannot be one.
 */
function prometheusReader(): Pipelines['metricReaders'][number] {
  const sdk = loadPeer('@opentelemetry/exporter-prometheus', VIA) as ExporterPrometheus;
  // Older releases would listen on all addresses.
  const host = environmentText('OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost';
  const reader = new sdk.PrometheusExporter({ host, port: prometheusPort() });
  const collect = reader.collect.bind(reader);
  // Nothing else waits for detectors that take their time: such attributes would be missing for ever, and each scrape
  // an error of the SDK's.
  reader.collect = async (options) => {
    const collected = await collect(options);
    await collected.resourceMetrics.resource.waitForAsyncAttributes?.();
    return collected;
  };
  return reader;
}

/** The exporter only logs what it cannot listen on, and there is no log by default. */
function prometheusPort(): number {
  const variable = 'OTEL_EXPORTER_PROMETHEUS_PORT';
  const text = environmentText(variable) ?? '9464';
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} has to be a port from 1 to 65535, got "${text}".`);
}

/** What `telltale up` takes for a token (docs/security.md). */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,}=*$/;

function telltaleBackend(): OtlpTarget {
  const variable =
    environmentText('TELLTALE_WRITE_TOKEN') === undefined ? 'TELLTALE_TOKEN' : 'TELLTALE_WRITE_TOKEN';
  const token = environmentText(variable);
  if (token !== undefined && !TOKEN.test(token)) {
    throw new Error(
      `${variable} has to be the token of telltale up: 16 characters or more out of A-Z a-z 0-9 . _ ~ + / -.`,
    );
  }
  return {
    url: 'http://127.0.0.1:4318',
    headers: forAll(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    temporality: 'cumulative',
    whenRefused: 'Set TELLTALE_WRITE_TOKEN, or TELLTALE_TOKEN, to what telltale up was started with.',
  };
}

/** Two that send to one place: everything would be there twice, or one of them is meant for another program. */
function checkPlaces(targets: readonly (readonly [ExporterPreset, OtlpTarget | undefined])[]): void {
  const presets = targets.map(([preset]) => preset);
  if (presets.includes('datadog') && presets.includes('datadog-agent')) {
    throw new Error(
      'The exporters datadog and datadog-agent would both write everything to Datadog; name one of them.',
    );
  }
  const places = new Map<string, ExporterPreset>();
  for (const [preset, target] of targets) {
    if (target === undefined) continue;
    const place = target.url.replace('localhost', '127.0.0.1');
    const other = places.get(place);
    if (other !== undefined) {
      throw new Error(
        `The exporters ${other} and ${preset} would both send to ${place}, where one program listens. Set ` +
          'DD_AGENT_HOST, or start telltale up elsewhere and send there by otlp and OTEL_EXPORTER_OTLP_ENDPOINT.',
      );
    }
    places.set(place, preset);
  }
}

/** Somebody who set these expects something of them. */
function warnOfUnread(): void {
  const unread = Object.keys(process.env).filter(
    (name) =>
      environmentText(name) !== undefined &&
      (name.startsWith('OTEL_EXPORTER_OTLP_') ||
        (/^OTEL_(TRACES|METRICS|LOGS)_EXPORTER$/.test(name) && environmentText(name) !== 'none')),
  );
  if (unread.length === 0) return;
  diag.warn(
    `telltale: ${unread.join(', ')} is read by the exporter otlp alone, which TELLTALE_EXPORTER does not name.`,
  );
}
