import { tagValue } from '../sources/datadog-query.js';
import { againstControl, allFlags, byRoute, overTime, traceList } from './datadog-panels.js';
import { type DatadogSelection, ROUTE_TAG, TAGS } from './datadog-selection.js';
import { group, note, type Widget } from './datadog-widgets.js';

/** A dashboard as Datadog's API takes it, and as its page imports it. */
export interface DatadogDashboard {
  readonly title: string;
  readonly description: string;
  readonly layout_type: 'ordered';
  readonly template_variables: readonly TemplateVariable[];
  readonly widgets: readonly Widget[];
}

interface TemplateVariable {
  readonly name: string;
  readonly prefix: string;
  readonly available_values: readonly string[];
  readonly defaults: readonly string[];
}

/** Where no flag is given: counts must not be added over flags, so that nothing is shown until one is chosen. */
const NO_FLAG = 'choose-a-flag';

/** What a flag's variants do to latency and errors. */
export function datadogDashboard(selection: DatadogSelection): DatadogDashboard {
  const { flag } = selection;
  return {
    title: flag === undefined ? 'Feature flags (Telltale)' : `Feature flag ${flag} (Telltale)`,
    description:
      'Requests, errors and latency by variant of a feature flag, from the distribution telltale.operation.duration. ' +
      'Written by `telltale dashboards datadog`.',
    layout_type: 'ordered',
    template_variables: variablesOf(selection),
    widgets: [
      note(introduction(selection)),
      group('Against the control', againstControl(selection)),
      group('Over time', overTime(selection)),
      group('By route', byRoute(selection)),
      ...(flag === undefined ? [] : [group('Traces', [traceList(flag)])]),
      group('All flags', [allFlags()]),
    ],
  };
}

function variablesOf(selection: DatadogSelection): TemplateVariable[] {
  const variable = (name: string, prefix: string, value = '*'): TemplateVariable => ({
    name,
    prefix,
    available_values: [],
    defaults: [value === '*' ? value : tagValue(value)],
  });
  return [
    variable('flag', TAGS.flag, selection.flag ?? NO_FLAG),
    variable('control', TAGS.variant, selection.control),
    variable('service', TAGS.service, selection.service),
    variable('env', TAGS.environment, selection.environment),
    variable('route', ROUTE_TAG),
  ];
}

function introduction({ flag, slowSeconds }: DatadogSelection): string {
  return [
    ...(flag === undefined
      ? ['**Choose a flag above**: the table of all flags, at the end, has their names.', '']
      : []),
    'Operations that the release assigned are counted; overrides, defaults, requests that the client gave up and those ' +
      'that saw two variants are left out. `$control.value` is the control.',
    `Slow is longer than ${slowSeconds} s. Percentiles and slow shares need percentiles switched on for ` +
      '`telltale.operation.duration` (Metrics > Summary).',
    'A difference here may be chance: `telltale compare` says what is proven.',
  ].join('\n');
}
