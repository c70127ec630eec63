import { COMPARED, errors, requests, type Scope, slow } from './datadog-queries.js';
import { type FlagSelection, TAGS, tag } from './datadog-selection.js';

/** A monitor as Datadog's API takes it. */
export interface DatadogMonitor {
  readonly name: string;
  readonly type: 'query alert';
  readonly query: string;
  readonly message: string;
  readonly tags: readonly string[];
  readonly options: {
    readonly thresholds: { readonly critical: number };
    readonly notify_no_data: boolean;
    /** Minutes. */
    readonly no_data_timeframe?: number;
    readonly require_full_window: false;
    readonly include_tags: true;
  };
}

const MINUTES = 30;
/** A ratio to the control that is left alone, and how many more failures than it explains are not. */
const ERRORS: Bound = { ratio: 2, excess: 10 };
const SLOW: Bound = { ratio: 1.5, excess: 50 };

interface Bound {
  readonly ratio: number;
  readonly excess: number;
}

/**
 * The monitors of one flag, by the names of their files. Ratio and minimum count are one condition: so many more
 * failures than the ratio times the control's rate would have given. It needs no count beside it, and a control
 * without failures divides by nothing.
 */
export function datadogMonitors(selection: FlagSelection): Readonly<Record<string, DatadogMonitor>> {
  const { flag, control, slowSeconds } = selection;
  const [treated, controlled] = scopes(selection);
  const who = selection.treatment ?? `all but ${control}`;
  return {
    'error-ratio': monitor(selection, {
      name: `Feature flag ${flag}: errors of ${who} against ${control}`,
      query: excess(errors, treated, controlled, ERRORS),
      critical: ERRORS.excess,
      message: `${beyond('failures', ERRORS)} the control's error rate. ${CHANCE}`,
    }),
    'slow-share': monitor(selection, {
      name: `Feature flag ${flag}: slow requests of ${who} against ${control}`,
      query: excess((scope) => slow(slowSeconds, scope), treated, controlled, SLOW),
      critical: SLOW.excess,
      message: `${beyond(`requests longer than ${slowSeconds} s`, SLOW)} the control's share of them. ${CHANCE}`,
    }),
    'no-data': monitor(selection, {
      name: `Feature flag ${flag}: no data`,
      query: `sum(last_${MINUTES}m):${requests(selected(selection))} < 1`,
      critical: 1,
      message: `No operation that evaluated the flag was counted for ${2 * MINUTES} minutes: nothing says how its variants do.`,
      options: { notify_no_data: true, no_data_timeframe: 2 * MINUTES },
    }),
  };
}

/** Names of users are in a monitor's name only: in a message `@` and braces have a meaning. */
const CHANCE = 'That is a window, and may be chance: `telltale compare` says what is proven.';

function beyond(what: string, { ratio, excess: least }: Bound): string {
  return `In ${MINUTES} minutes at least ${least} ${what} beyond ${ratio} times those that would come at`;
}

interface Condition {
  readonly name: string;
  readonly query: string;
  readonly critical: number;
  readonly message: string;
  readonly options?: Partial<DatadogMonitor['options']>;
}

function monitor(
  selection: FlagSelection,
  { name, query, critical, message, options = {} }: Condition,
): DatadogMonitor {
  return {
    name,
    type: 'query alert',
    query,
    message,
    tags: [...selected(selection), 'telltale'],
    options: {
      thresholds: { critical },
      notify_no_data: false,
      require_full_window: false,
      include_tags: true,
      ...options,
    },
  };
}

type Part = (scope: Scope) => string;

/** Events of the treated beyond those that `ratio` times the control's share of them explains. */
function excess(part: Part, treated: Scope, controlled: Scope, { ratio, excess: least }: Bound): string {
  const explained = `${ratio} * ${requests(treated)} * default_zero(${part(controlled)}) / ${requests(controlled)}`;
  return `sum(last_${MINUTES}m):default_zero(${part(treated)}) - ${explained} >= ${least}`;
}

function selected({ flag, service, environment }: FlagSelection): Scope {
  return [
    tag(TAGS.flag, flag),
    ...(service === undefined ? [] : [tag(TAGS.service, service)]),
    ...(environment === undefined ? [] : [tag(TAGS.environment, environment)]),
  ];
}

function scopes(selection: FlagSelection): readonly [treated: Scope, controlled: Scope] {
  const scope = [...selected(selection), ...COMPARED];
  const control = tag(TAGS.variant, selection.control);
  const treated = selection.treatment === undefined ? `!${control}` : tag(TAGS.variant, selection.treatment);
  return [
    [...scope, treated],
    [...scope, control],
  ];
}
