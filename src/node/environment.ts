import { diag } from '@opentelemetry/api';
import { environmentText } from '../core/settings-environment.js';

/** The three signals, as variable names have them. */
export const SIGNALS = ['TRACES', 'METRICS', 'LOGS'] as const;

export type Signal = (typeof SIGNALS)[number];

const EXPORTERS = ['otlp', 'console', 'none'] as const;
const PROTOCOLS = ['grpc', 'http/json', 'http/protobuf'] as const;

/** An exporter by its name in `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`. */
export type ExporterName = (typeof EXPORTERS)[number];

/** A protocol by its name in `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export type Protocol = (typeof PROTOCOLS)[number];

/** A number above zero; anything else is warned about and left to the default, as the SDK does. */
export function positiveNumber(name: string): number | undefined {
  const raw = environmentText(name);
  if (raw === undefined) return undefined;
  const value = Number(raw);
  if (value > 0) return value;
  diag.warn(`telltale: ${name} has to be a number above 0, got "${raw}"; the default is used.`);
  return undefined;
}

/** A boolean: `true` in any case is true, everything else is false. */
export function isTrue(name: string): boolean {
  return environmentText(name)?.toLowerCase() === 'true';
}

/**
 * The exporters a signal is to have, without `none`; an empty list switches the signal off.
 *
 * @throws Error where one of the names is unknown.
 */
export function exporterNames(signal: Signal): Exclude<ExporterName, 'none'>[] {
  const variable = `OTEL_${signal}_EXPORTER`;
  const listed = [...new Set((environmentText(variable) ?? '').split(',').map((name) => name.trim()))]
    .filter((name) => name !== '')
    .map((name) => oneOf(variable, name, EXPORTERS, PRESETS_MEND));
  if (listed.length === 0) return ['otlp'];
  const named = listed.filter((name) => name !== 'none');
  if (named.length === listed.length) return named;
  if (named.length > 0 && signal === 'TRACES' && listed[0] !== 'none') {
    // What NodeSDK does with this contradiction.
    diag.warn(`telltale: ${variable} names "none" along with other exporters; otlp is used.`);
    return ['otlp'];
  }
  return [];
}

/**
 * The OTLP protocol of a signal.
 *
 * @throws Error where it is unknown.
 */
export function otlpProtocol(signal: Signal): Protocol {
  for (const variable of [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const value = environmentText(variable);
    if (value !== undefined) return oneOf(variable, value, PROTOCOLS);
  }
  return 'http/protobuf';
}

/** NodeSDK's own Prometheus exporter cannot write what our Views make. */
const PRESETS_MEND = ' Prometheus, Datadog and others are named in TELLTALE_EXPORTER.';

function oneOf<T extends string>(variable: string, value: string, allowed: readonly T[], more = ''): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new Error(
    `${variable} is "${value}"; expected ${allowed.join(', ')}. Change it, or unset it for the default.${more}`,
  );
}
