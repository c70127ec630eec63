import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import {
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_TELLTALE_OPERATION_DURATION,
  METRIC_TELLTALE_UNIT_ERRORS,
  METRIC_TELLTALE_UNIT_EXPOSED,
  METRIC_TELLTALE_UNIT_OPERATIONS,
  METRIC_TELLTALE_UNIT_SLOW,
} from '../core/semconv.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';

/** An instrument, as far as Views select by it; of an open one nobody knows which meter it will be on. */
interface Instrument {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly meter?: { readonly name: string; readonly version: string };
}

const METER = { name: SCOPE_NAME, version: VERSION };

const OWN: readonly Instrument[] = [
  { name: METRIC_TELLTALE_OPERATION_DURATION, type: 'HISTOGRAM', unit: 's', meter: METER },
  unitSum(METRIC_TELLTALE_UNIT_OPERATIONS, '{operation}'),
  unitSum(METRIC_TELLTALE_UNIT_ERRORS, '{operation}'),
  unitSum(METRIC_TELLTALE_UNIT_SLOW, '{operation}'),
  unitSum(METRIC_TELLTALE_UNIT_EXPOSED, '{unit}'),
];

const HTTP: Instrument = { name: METRIC_HTTP_SERVER_REQUEST_DURATION, type: 'HISTOGRAM', unit: 's' };

function unitSum(name: string, unit: string): Instrument {
  return { name, type: 'OBSERVABLE_COUNTER', unit, meter: METER };
}

/**
 * Refuses Views of the application that match an instrument which Telltale's Views match too, or of which two match
 * `http.server.request.duration`: the SDK gives both the aggregation of the first and writes each measurement into
 * it twice, and says nothing. So a View that drops everything is no exception.
 *
 * @param option As messages name it.
 * @param httpFlags Flags of Telltale's View on `http.server.request.duration`; without any there is none.
 * @throws TypeError that names both Views and the mend.
 */
export function checkViews(
  option: string,
  views: readonly ViewOptions[],
  httpFlags: readonly string[],
): void {
  for (const view of views) {
    const own = OWN.find((instrument) => isWrittenTo(view, instrument));
    if (own !== undefined) {
      throw new TypeError(
        `${option}: the View ${shown(view)} and Telltale's own both match ${own.name}, and would count everything ` +
          'twice. Narrow yours, by "meterName" or "instrumentName".',
      );
    }
    if (httpFlags.length > 0 && isWrittenTo(view, HTTP)) {
      throw new TypeError(
        `${option}: the View ${shown(view)} and the one of option "httpFlags" (TELLTALE_HTTP_FLAGS) both match ` +
          `${HTTP.name}, and would count every request twice. Leave "httpFlags" out, and add ` +
          `createFlagAttributesProcessor(${JSON.stringify(httpFlags)}) to the "attributesProcessors" of yours.`,
      );
    }
  }
  const http = views.filter((view) => isWrittenTo(view, HTTP));
  for (const [index, view] of http.entries()) {
    const other = http.slice(index + 1).find((one) => canShareMeter(view, one));
    if (other === undefined) continue;
    throw new TypeError(
      `${option}: the Views ${shown(view)} and ${shown(other)} both match ${HTTP.name}, and would count every ` +
        'request twice. Make them one, or narrow them by "meterName".',
    );
  }
}

/** Whether the View matches the instrument, and does not write it under another name. */
function isWrittenTo(view: ViewOptions, { name, type, unit, meter }: Instrument): boolean {
  return (
    (view.name ?? name) === name &&
    isAny(view.instrumentType, type) &&
    isAny(view.instrumentUnit, unit) &&
    // Telltale's own meter has none of the open ones.
    (meter !== undefined || view.meterName !== SCOPE_NAME) &&
    isAny(view.meterName, meter?.name) &&
    isAny(view.meterVersion, meter?.version) &&
    matchesName(view.instrumentName ?? '*', name)
  );
}

function canShareMeter(one: ViewOptions, other: ViewOptions): boolean {
  return isAny(one.meterName, other.meterName) && isAny(one.meterVersion, other.meterVersion);
}

/** Whether both say the same, or one of them nothing. */
function isAny(selected: string | undefined, actual: string | undefined): boolean {
  return (selected ?? actual) === (actual ?? selected);
}

/** As OpenTelemetry specifies it: `*` is any text, `?` any one character. */
function matchesName(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}

const SELECTORS = [
  'instrumentName',
  'instrumentType',
  'instrumentUnit',
  'meterName',
  'meterVersion',
  'meterSchemaUrl',
] as const;

function shown(view: ViewOptions): string {
  return JSON.stringify(Object.fromEntries(SELECTORS.map((name) => [name, view[name]])));
}
