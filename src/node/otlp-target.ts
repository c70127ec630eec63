import { globalAgent } from 'node:https';
import { diag } from '@opentelemetry/api';
import type { Signal } from './environment.js';
import { type Exporting, keepWithin } from './export-size.js';
import { type Batches, createMeasures } from './measures.js';
import {
  batchLogRecords,
  batchSpans,
  createOtlpExporter,
  type Exporters,
  type Pipelines,
  readPeriodically,
} from './pipelines.js';

/** Where a preset sends by OTLP/HTTP: protobuf, gzip. */
export interface OtlpTarget {
  /** Without path. */
  readonly url: string;
  readonly headers: Readonly<Record<Signal, Readonly<Record<string, string>>>>;
  readonly temporality: 'delta' | 'cumulative';
  /** Bytes of one request before compression, where it takes no more. */
  readonly maxBytes?: Readonly<Record<Signal, number>>;
  /** What to do where it answers 401 or 403. */
  readonly whenRefused: string;
}

/** The same headers for each signal. */
export function forAll(headers: Readonly<Record<string, string>>): OtlpTarget['headers'] {
  return { TRACES: headers, METRICS: headers, LOGS: headers };
}

/**
 * Exporters of the signals to one target.
 *
 * @throws Error where a package is not installed.
 */
export function pipelinesTo(target: OtlpTarget, signals: readonly Signal[]): Pipelines {
  const has = (signal: Signal): boolean => signals.includes(signal);
  return {
    spanProcessors: has('TRACES') ? [batchSpans(exporterTo(target, 'TRACES'))] : [],
    logRecordProcessors: has('LOGS') ? [batchLogRecords(exporterTo(target, 'LOGS'))] : [],
    metricReaders: has('METRICS') ? [readPeriodically(exporterTo(target, 'METRICS'))] : [],
  };
}

/** `AggregationTemporalityPreference` of the exporters. */
const TEMPORALITIES = { delta: 0, cumulative: 1 };

function exporterTo<S extends Signal>(target: OtlpTarget, signal: S): Exporters[S] {
  const url = `${target.url}/v1/${signal.toLowerCase()}`;
  const config = {
    url,
    headers: target.headers[signal],
    compression: 'gzip',
    temporalityPreference: TEMPORALITIES[target.temporality],
    ...throughProxy(url),
  };
  const exporter = withoutOtlpVariables(() => createOtlpExporter(signal, 'http/protobuf', config));
  const exporting = exporter as Exporting<Batches[S]>;
  sayRefusal(exporting, url, target.whenRefused);
  const maxBytes = target.maxBytes?.[signal];
  if (maxBytes !== undefined) {
    keepWithin(exporting, { maxBytes, what: WHAT[signal], measure: createMeasures()[signal] });
  }
  return exporter;
}

/**
 * With `NODE_USE_ENV_PROXY=1` Node's own agents go through the proxy that `HTTPS_PROXY` names. The exporters make one
 * of their own, which would not. What listens on this machine or beside it takes no proxy.
 */
function throughProxy(url: string): object {
  const { proxyEnv } = globalAgent.options;
  if (proxyEnv === undefined || !url.startsWith('https:')) return {};
  return { httpAgentOptions: { keepAlive: true, proxyEnv } };
}

/**
 * The exporters add what `OTEL_EXPORTER_OTLP_*` says to what they are given: the token of one backend would go out to
 * another. They read it as they are made.
 */
function withoutOtlpVariables<T>(make: () => T): T {
  const set = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'));
  for (const [name] of set) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of set) process.env[name] = value;
  }
}

function sayRefusal<Batch>(exporter: Exporting<Batch>, url: string, mend: string): void {
  const send = exporter.export.bind(exporter);
  let isSaid = false;
  exporter.export = (batch, done) =>
    send(batch, (result) => {
      const code = result.error !== undefined && 'code' in result.error ? result.error.code : undefined;
      if ((code === 401 || code === 403) && !isSaid) {
        isSaid = true;
        diag.error(`telltale: ${url} answers ${code}, and takes nothing. ${mend}`);
      }
      done(result);
    });
}

const WHAT: Readonly<Record<Signal, string>> = { TRACES: 'span', METRICS: 'point', LOGS: 'log record' };
