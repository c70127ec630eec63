import type { EvaluationRecords } from './evaluation.js';
import { LIMIT_RANGES, type Limits } from './limits.js';
import { checkOptions, expected, oneOf, trueOrFalse } from './options.js';
import { isHostRule } from './propagation-slot.js';
import { fromEnvironment, variableOf } from './settings-environment.js';

/** All of {@link EvaluationRecords}. */
export const RECORDS: readonly EvaluationRecords[] = ['sampled', 'once-per-scope', 'each', 'off'];
const PROFILES = ['default', 'sentry', 'launchdarkly'] as const;
const UNIT_IDS = ['off', 'hashed', 'plain'] as const;

/** How a flag is written on spans. */
export type Profile = (typeof PROFILES)[number];

/** In what form the unit is written. */
export type UnitIds = (typeof UNIT_IDS)[number];

/** Which flags travel to downstream services, and to which. */
export interface BaggageOptions {
  /** Keys of the flags that may be sent, and that are taken from incoming requests. */
  readonly flags: readonly string[];
  /**
   * Hosts that get them: `orders.internal`, with a port only that port (`localhost:8080`), `*.internal` for every
   * name below. No other host ever gets a flag.
   *
   * @default none
   */
  readonly sendTo?: readonly string[];
  /**
   * Whether the flags of an incoming request count as evaluated in it. Only for services that no stranger reaches:
   * whoever can send the header decides what is measured.
   *
   * @default false
   */
  readonly receive?: boolean;
}

/** Options of {@link configure}. Each has a variable `TELLTALE_*`, which an option overrides. */
export interface TelltaleOptions {
  /**
   * Which evaluations become a log record `feature_flag.evaluation`: `sampled`, once per operation for each
   * variant where the operation's trace is sampled or there is no trace; `once-per-scope`, the same whatever the
   * sampling; `each`, every evaluation; `off`, none. Metrics and span attributes do not depend on it.
   *
   * @default `TELLTALE_RECORDS`, else 'sampled'
   */
  readonly records?: EvaluationRecords;
  /**
   * Whether records have the result's value, `feature_flag.result.value`, cut at 256 characters; structures as
   * JSON. Values may hold whatever a flag is configured with, personal data and secrets too.
   *
   * @default `TELLTALE_VALUES`, else false
   */
  readonly values?: boolean;
  /**
   * Whether a failed evaluation's record has the provider's message, `feature_flag.error.message`, beside
   * `error.type`. Providers put targeting keys and values of the evaluation context into it.
   *
   * @default `TELLTALE_ERROR_MESSAGES`, else false
   */
  readonly errorMessages?: boolean;
  /**
   * How a flag is written on spans: `default`, the attribute `feature_flags.<key>`; `sentry`, named
   * `flag.evaluation.<key>`; `launchdarkly`, the default and LaunchDarkly's span event `feature_flag`.
   *
   * @default `TELLTALE_PROFILE`, else 'default'
   */
  readonly profile?: Profile;
  /**
   * In what form the targeting key is written, as `feature_flag.context.id` and `telltale.unit.id`: `hashed`, an
   * HMAC-SHA-256 under {@link unitSalt}; `plain`, as it is; `off`, not at all.
   *
   * @default `TELLTALE_UNIT_IDS`, else 'hashed' where there is a salt, 'off' where there is none
   */
  readonly unitIds?: UnitIds;
  /**
   * Secret key of the hashed unit ids, the same in all services that are to agree.
   *
   * @default `TELLTALE_UNIT_SALT`, else none
   */
  readonly unitSalt?: string;
  /**
   * Operations that take longer, in milliseconds, are counted in `telltale.unit.slow`. Snapped down to an edge
   * 2^(k/4) s, which is what its attribute `telltale.threshold` has.
   *
   * @default `TELLTALE_SLOW_THRESHOLD_MS`, else none are counted
   */
  readonly slowThresholdMs?: number;
  /**
   * Flags that travel to downstream services.
   *
   * @default `TELLTALE_BAGGAGE_FLAGS`, `TELLTALE_BAGGAGE_SEND_TO` (lists separated by commas) and
   * `TELLTALE_BAGGAGE_RECEIVE`, else none
   */
  readonly baggage?: BaggageOptions;
  /**
   * Bounds that differ from the usual ones.
   *
   * @default `TELLTALE_LIMIT_SPAN_FLAGS` and so on, else 64 flags on a span, 256 flags in metrics, 16 variants a
   * flag, 128 characters a name, 1,900 attribute sets an instrument, 19,900 with the View, 4 KiB of baggage
   */
  readonly limits?: Partial<Limits>;
}

/** What {@link TelltaleOptions} and the environment come to. */
export interface Settings {
  readonly records: EvaluationRecords;
  readonly values: boolean;
  readonly errorMessages: boolean;
  readonly profile: Profile;
  readonly unitIds: UnitIds;
  readonly unitSalt: string | undefined;
  readonly slowThresholdMs: number | undefined;
  readonly baggage: Required<BaggageOptions>;
  readonly limits: Limits;
}

let configured = false;
let current: Settings | undefined;

/**
 * Sets how Telltale works in this process, where the environment's variables are not enough. Call it once, before
 * anything else of Telltale is made: what is made reads it.
 *
 * @throws TypeError where an option or a variable is unknown or wrong; it says what is expected.
 * @throws Error where it was called before, or something was made before.
 *
 * @example
 * ```ts
 * import { configure } from 'telltale';
 *
 * configure({ slowThresholdMs: 300, limits: { spanFlags: 32 } });
 * ```
 */
export function configure(options: TelltaleOptions): void {
  if (configured) throw new Error('telltale: configure() was called before; call it once.');
  if (current !== undefined) {
    throw new Error(
      'telltale: configure() has to come before flagObservability(), startTelemetry() and every hook; ' +
        'import the file that calls it first.',
    );
  }
  checkShape(options);
  current = resolve(withoutUndefined(options));
  configured = true;
}

/** The names of options; the environment's have none that could be wrong. */
function checkShape(given: TelltaleOptions): void {
  const names = ['records', 'values', 'errorMessages', 'profile', 'unitIds', 'unitSalt', 'slowThresholdMs'];
  checkOptions('configure', given, [...names, 'baggage', 'limits']);
  const { baggage: travel, limits: bounds } = given;
  if (bounds !== undefined) checkOptions('configure: limits', bounds, Object.keys(LIMIT_RANGES));
  if (travel === undefined) return;
  checkOptions('configure: baggage', travel, ['flags', 'sendTo', 'receive']);
  if (travel.flags === undefined) {
    throw expected(at('baggage.flags'), 'the flags that may travel', undefined);
  }
}

/** An option that is there but undefined, as of a value that was not found, does not hide its variable. */
function withoutUndefined(options: TelltaleOptions): TelltaleOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * The settings of this process.
 *
 * @throws TypeError where a variable is wrong; so whatever is made at start asks for them then.
 */
export function settings(): Settings {
  current ??= resolve({});
  return current;
}

function resolve(given: TelltaleOptions): Settings {
  const variables = fromEnvironment();
  const options: TelltaleOptions = { ...variables, ...given };
  const unitSalt = salt(options.unitSalt);
  const unitIds = oneOf(at('unitIds'), options.unitIds, UNIT_IDS, unitSalt === undefined ? 'off' : 'hashed');
  if (unitIds === 'hashed' && unitSalt === undefined) {
    throw new TypeError(
      'configure: hashed unit ids need a salt: set TELLTALE_UNIT_SALT or option "unitSalt".',
    );
  }
  return {
    records: oneOf(at('records'), options.records, RECORDS, 'sampled'),
    values: trueOrFalse(at('values'), options.values, false),
    errorMessages: trueOrFalse(at('errorMessages'), options.errorMessages, false),
    profile: oneOf(at('profile'), options.profile, PROFILES, 'default'),
    unitIds,
    unitSalt,
    slowThresholdMs: threshold(options.slowThresholdMs),
    baggage: baggage(options.baggage),
    limits: limits(given.limits, variables.limits),
  };
}

/** An option as messages name it, with its variable. */
function at(name: string): string {
  return `configure: option "${name}" (${variableOf(name)})`;
}

function salt(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  // A secret: not even a wrong one is shown.
  throw new TypeError(`${at('unitSalt')} has to be a text that is not empty, got a ${typeof value}.`);
}

function threshold(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 1 && value <= 64_000) return value;
  throw expected(at('slowThresholdMs'), 'a number of milliseconds from 1 to 64000', value);
}

function baggage(given: BaggageOptions | undefined): Required<BaggageOptions> {
  if (given === undefined) return { flags: [], sendTo: [], receive: false };
  const { flags, sendTo = [], receive } = given;
  return {
    flags: texts('baggage.flags', flags),
    sendTo: hosts(texts('baggage.sendTo', sendTo)),
    receive: trueOrFalse(at('baggage.receive'), receive, false),
  };
}

function texts(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')) return value;
  throw expected(at(name), 'an array of texts that are not empty', value);
}

function hosts(given: readonly string[]): readonly string[] {
  const wrong = given.find((one) => !isHostRule(one));
  if (wrong === undefined) return given;
  const what =
    'hosts like orders.internal, localhost:8080, [::1]:8080 or *.internal, without scheme and path';
  throw expected(at('baggage.sendTo'), what, wrong);
}

function limits(given: Partial<Limits> = {}, variables: Partial<Limits> = {}): Limits {
  const names = Object.keys(LIMIT_RANGES) as (keyof Limits)[];
  const entries = names.map((name) => {
    const { standard, min, max } = LIMIT_RANGES[name];
    const value: unknown = given[name] ?? variables[name] ?? standard;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return [name, value];
    }
    throw expected(at(`limits.${name}`), `a whole number from ${min} to ${max}`, value);
  });
  return Object.fromEntries(entries);
}
