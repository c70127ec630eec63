import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { checkOptions, expected } from '../core/options.js';
import { boolean, list, variableOf } from '../core/settings-environment.js';
import { checkHttpFlags } from '../instrument/flag-attributes.js';
import { checkChildSpans, type FeatureFlagSpanProcessorOptions } from '../instrument/span-processor.js';
import { checkViews } from '../instrument/view-overlap.js';
import { checkPresets, type ExporterPreset } from './presets.js';

/** Options of {@link startTelemetry}. Everything else comes from the standard `OTEL_*` variables. */
export interface StartTelemetryOptions {
  /**
   * The resource attribute `service.name`.
   *
   * @default `OTEL_SERVICE_NAME`, else what NodeSDK makes up
   */
  readonly serviceName?: string;
  /**
   * The resource attribute `service.version`, so that releases can be told apart. `OTEL_RESOURCE_ATTRIBUTES`
   * overrides it.
   *
   * @default none
   */
  readonly serviceVersion?: string;
  /**
   * Where telemetry goes, one or several; see {@link ExporterPreset}.
   *
   * @default `TELLTALE_EXPORTER`, a list separated by commas, else what `OTEL_{TRACES,METRICS,LOGS}_EXPORTER` say
   */
  readonly exporter?: readonly ExporterPreset[];
  /**
   * Replaces the instrumentations. Without one for HTTP there is no entry span, and without one for Express
   * nested routers have no `http.route`.
   *
   * @default `@opentelemetry/instrumentation-http` and `@opentelemetry/instrumentation-express`
   */
  readonly instrumentations?: NodeSDKConfiguration['instrumentations'];
  /**
   * Keys of flags whose variant becomes an attribute `feature_flags.<key>` of `http.server.request.duration`. Each
   * multiplies that metric's series by its variants.
   *
   * @default `TELLTALE_HTTP_FLAGS`, a list separated by commas, else none
   */
  readonly httpFlags?: readonly string[];
  /**
   * Which spans within an operation have its variants: all, none, or those a function gives true for. Entry spans
   * always have them.
   *
   * @default `TELLTALE_CHILD_SPANS`, else true
   */
  readonly childSpans?: FeatureFlagSpanProcessorOptions['childSpans'];
  /**
   * Views of your own, added to Telltale's. One that matches an instrument of Telltale's Views too is refused,
   * because two Views on one instrument count everything twice.
   *
   * @default none
   */
  readonly views?: readonly ViewOptions[];
}

/** {@link StartTelemetryOptions} and their variables, checked. */
export interface StartOptions {
  readonly serviceName: string | undefined;
  readonly serviceVersion: string | undefined;
  /** undefined where the standard variables decide. */
  readonly exporter: readonly ExporterPreset[] | undefined;
  readonly instrumentations: NodeSDKConfiguration['instrumentations'] | undefined;
  readonly httpFlags: readonly string[];
  readonly childSpans: NonNullable<FeatureFlagSpanProcessorOptions['childSpans']>;
  readonly views: readonly ViewOptions[];
}

const NAMES: readonly (keyof StartTelemetryOptions)[] = [
  'serviceName',
  'serviceVersion',
  'exporter',
  'instrumentations',
  'httpFlags',
  'childSpans',
  'views',
];

/**
 * What the options and their variables come to.
 *
 * @throws TypeError where one of them is unknown or wrong.
 */
export function startOptions(given: StartTelemetryOptions): StartOptions {
  checkOptions('startTelemetry', given, NAMES);
  const { serviceName, serviceVersion, instrumentations, views = [] } = given;
  for (const [name, value] of Object.entries({ serviceName, serviceVersion })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw expected(at(name), 'a text that is not empty', value);
    }
  }
  const named = given.exporter ?? list('exporter');
  const exporter = named === undefined ? undefined : checkPresets(atVariable('exporter'), named);
  if (instrumentations !== undefined && !Array.isArray(instrumentations)) {
    throw expected(at('instrumentations'), 'an array of instrumentations', instrumentations);
  }
  const httpFlags = given.httpFlags ?? list('httpFlags') ?? [];
  checkHttpFlags(atVariable('httpFlags'), httpFlags);
  const childSpans = given.childSpans ?? boolean('childSpans') ?? true;
  checkChildSpans(atVariable('childSpans'), childSpans);
  if (!Array.isArray(views) || views.some((view) => typeof view !== 'object' || view === null)) {
    throw expected(at('views'), 'an array of Views', views);
  }
  checkViews(at('views'), views, httpFlags);
  return { serviceName, serviceVersion, exporter, instrumentations, httpFlags, childSpans, views };
}

function at(name: string): string {
  return `startTelemetry: option "${name}"`;
}

function atVariable(name: string): string {
  return `${at(name)} (${variableOf(name)})`;
}
