import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMIT_RANGES, type Limits } from '../../src/core/limits.js';
import type * as settingsModule from '../../src/core/settings.js';
import type { Settings, TelltaleOptions } from '../../src/core/settings.js';
import { variableOf } from '../../src/core/settings-environment.js';

/** The module anew: what a process has configured stays for its life. */
function load(): Promise<typeof settingsModule> {
  vi.resetModules();
  return import('../../src/core/settings.js');
}

async function resolved(options: TelltaleOptions): Promise<Settings> {
  const { configure, settings } = await load();
  configure(options);
  return settings();
}

async function fromEnvironment(env: Record<string, string>): Promise<Settings> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { settings } = await load();
  return settings();
}

const LIMIT_NAMES = Object.keys(LIMIT_RANGES) as (keyof Limits)[];
const STANDARD: Settings = {
  records: 'sampled',
  values: false,
  errorMessages: false,
  profile: 'default',
  unitIds: 'off',
  unitSalt: undefined,
  slowThresholdMs: undefined,
  baggage: { flags: [], sendTo: [], receive: false },
  limits: {
    nameLength: 128,
    spanFlags: 64,
    metricFlags: 256,
    variantsPerFlag: 16,
    attributeSets: 1_900,
    viewAttributeSets: 19_900,
    baggageBytes: 4_096,
  },
};

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('TELLTALE_')) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('configure', () => {
  it('keeps what is usual where nothing is said', async () => {
    expect(await resolved({})).toEqual(STANDARD);
    expect(await fromEnvironment({})).toEqual(STANDARD);
  });

  it.each<[TelltaleOptions, Record<string, string>, Partial<Settings>]>([
    [{ records: 'each' }, { TELLTALE_RECORDS: 'each' }, { records: 'each' }],
    [{ records: 'off' }, { TELLTALE_RECORDS: ' off ' }, { records: 'off' }],
    [{ values: true }, { TELLTALE_VALUES: 'true' }, { values: true }],
    [{ values: false }, { TELLTALE_VALUES: 'False' }, { values: false }],
    [{ errorMessages: true }, { TELLTALE_ERROR_MESSAGES: 'TRUE' }, { errorMessages: true }],
    [{ profile: 'sentry' }, { TELLTALE_PROFILE: 'sentry' }, { profile: 'sentry' }],
    [{ unitIds: 'plain' }, { TELLTALE_UNIT_IDS: 'plain' }, { unitIds: 'plain' }],
    [{ unitSalt: 's' }, { TELLTALE_UNIT_SALT: 's' }, { unitIds: 'hashed', unitSalt: 's' }],
    [
      { unitSalt: 's', unitIds: 'off' },
      { TELLTALE_UNIT_SALT: 's', TELLTALE_UNIT_IDS: 'off' },
      { unitIds: 'off', unitSalt: 's' },
    ],
    [{ slowThresholdMs: 300 }, { TELLTALE_SLOW_THRESHOLD_MS: '300' }, { slowThresholdMs: 300 }],
    [
      { baggage: { flags: ['a', 'b'], sendTo: ['x.internal'], receive: true } },
      {
        TELLTALE_BAGGAGE_FLAGS: 'a, b,',
        TELLTALE_BAGGAGE_SEND_TO: 'x.internal',
        TELLTALE_BAGGAGE_RECEIVE: 'true',
      },
      { baggage: { flags: ['a', 'b'], sendTo: ['x.internal'], receive: true } },
    ],
    [
      { limits: { spanFlags: 8 } },
      { TELLTALE_LIMIT_SPAN_FLAGS: '8' },
      { limits: { ...STANDARD.limits, spanFlags: 8 } },
    ],
  ])('takes %j, and the same from %j', async (options, env, wanted) => {
    expect(await resolved(options)).toEqual({ ...STANDARD, ...wanted });
    expect(await fromEnvironment(env)).toEqual({ ...STANDARD, ...wanted });
  });

  it('prefers an option to its variable, limit by limit', async () => {
    vi.stubEnv('TELLTALE_RECORDS', 'each');
    vi.stubEnv('TELLTALE_VALUES', 'true');
    vi.stubEnv('TELLTALE_LIMIT_SPAN_FLAGS', '8');
    vi.stubEnv('TELLTALE_LIMIT_METRIC_FLAGS', '9');
    const { records, values, limits } = await resolved({ records: 'off', limits: { spanFlags: 7 } });
    expect({ records, values, limits }).toEqual({
      records: 'off',
      values: true,
      limits: { ...STANDARD.limits, spanFlags: 7, metricFlags: 9 },
    });
  });

  it('does not let an option that is undefined hide its variable', async () => {
    vi.stubEnv('TELLTALE_UNIT_SALT', 'from the environment');
    const unset = { unitSalt: undefined, records: undefined, limits: undefined } as object;
    expect(await resolved(unset)).toMatchObject({ unitIds: 'hashed', records: 'sampled' });
  });

  it.each(['', '  '])('takes a variable that is "%s" as not set', async (blank) => {
    const names = [
      'RECORDS',
      'VALUES',
      'UNIT_SALT',
      'SLOW_THRESHOLD_MS',
      'BAGGAGE_FLAGS',
      'LIMIT_SPAN_FLAGS',
    ];
    expect(
      await fromEnvironment(Object.fromEntries(names.map((name) => [`TELLTALE_${name}`, blank]))),
    ).toEqual(STANDARD);
  });

  it('is refused the second time', async () => {
    const { configure } = await load();
    configure({});
    expect(() => configure({})).toThrow('configure() was called before; call it once');
  });

  it('is refused once something was made, and says what to do', async () => {
    const { configure, settings } = await load();
    settings();
    expect(() => configure({})).toThrow(/has to come before .*import the file that calls it first/);
  });

  it('may be tried again after it refused', async () => {
    const { configure, settings } = await load();
    expect(() => configure({ profile: 'nobody' as 'sentry' })).toThrow();
    configure({ profile: 'sentry' });
    expect(settings().profile).toBe('sentry');
  });
});

describe('a wrong value', () => {
  it.each<[object, string]>([
    [
      { records: 'all' },
      'option "records" (TELLTALE_RECORDS) has to be one of sampled, once-per-scope, each, off, got "all"',
    ],
    [{ values: 'yes' }, 'option "values" (TELLTALE_VALUES) has to be true or false, got "yes"'],
    [{ errorMessages: 1 }, 'option "errorMessages" (TELLTALE_ERROR_MESSAGES) has to be true or false, got 1'],
    [
      { profile: 'datadog' },
      'option "profile" (TELLTALE_PROFILE) has to be one of default, sentry, launchdarkly, got "datadog"',
    ],
    [
      { unitIds: 'md5' },
      'option "unitIds" (TELLTALE_UNIT_IDS) has to be one of off, hashed, plain, got "md5"',
    ],
    [{ unitIds: 'hashed' }, 'hashed unit ids need a salt: set TELLTALE_UNIT_SALT or option "unitSalt"'],
    [
      { slowThresholdMs: '300' },
      'option "slowThresholdMs" (TELLTALE_SLOW_THRESHOLD_MS) has to be a number of milliseconds from 1 to 64000, got "300"',
    ],
    [
      { baggage: { flags: 'a' } },
      'option "baggage.flags" (TELLTALE_BAGGAGE_FLAGS) has to be an array of texts',
    ],
    [
      { baggage: { flags: ['a'], sendTo: [''] } },
      'option "baggage.sendTo" (TELLTALE_BAGGAGE_SEND_TO) has to be an array',
    ],
    [
      { baggage: { flags: ['a'], receive: 'x' } },
      'option "baggage.receive" (TELLTALE_BAGGAGE_RECEIVE) has to be true or false, got "x"',
    ],
    [{ record: 'each' }, 'there is no option "record"; there are records, '],
    [{ limits: { flags: 1 } }, 'configure: limits: there is no option "flags"; there are nameLength, '],
    [
      { baggage: { hosts: [] } },
      'configure: baggage: there is no option "hosts"; there are flags, sendTo, receive',
    ],
    [null as unknown as object, 'options have to be an object, got null'],
  ])('%j is refused, with option, variable, value and mend', async (options, message) => {
    await expect(resolved(options)).rejects.toThrow(message);
  });

  it.each([
    [
      'TELLTALE_RECORDS',
      'all',
      '(TELLTALE_RECORDS) has to be one of sampled, once-per-scope, each, off, got "all"',
    ],
    ['TELLTALE_VALUES', 'yes', 'TELLTALE_VALUES has to be true or false, got "yes"'],
    ['TELLTALE_SLOW_THRESHOLD_MS', '300ms', 'TELLTALE_SLOW_THRESHOLD_MS has to be a number, got "300ms"'],
    ['TELLTALE_LIMIT_SPAN_FLAGS', 'many', 'TELLTALE_LIMIT_SPAN_FLAGS has to be a number, got "many"'],
    ['TELLTALE_BAGGAGE_SEND_TO', 'x', 'TELLTALE_BAGGAGE_FLAGS has to name the flags that may travel'],
    ['TELLTALE_BAGGAGE_RECEIVE', 'true', 'TELLTALE_BAGGAGE_FLAGS has to name the flags that may travel'],
  ])('%s=%s is refused as anything asks for the settings', async (name, value, message) => {
    await expect(fromEnvironment({ [name]: value })).rejects.toThrow(message);
  });

  it.each([[''], [42], [{ secret: 'hunter2' }]])('of a salt is not shown', async (unitSalt) => {
    const failed: unknown = await resolved({ unitSalt } as object).catch((error: unknown) => error);
    expect(String(failed)).toContain(
      'option "unitSalt" (TELLTALE_UNIT_SALT) has to be a text that is not empty',
    );
    expect(String(failed)).not.toMatch(/hunter2|42/);
  });
});

describe('the range', () => {
  it.each(LIMIT_NAMES)('of %s ends where it says', async (name) => {
    const { min, max } = LIMIT_RANGES[name];
    for (const value of [min, max]) {
      expect((await resolved({ limits: { [name]: value } })).limits[name]).toBe(value);
      expect((await fromEnvironment({ [variableOf(`limits.${name}`)]: `${value}` })).limits[name]).toBe(
        value,
      );
      vi.unstubAllEnvs();
    }
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, '5']) {
      await expect(resolved({ limits: { [name]: value } } as object)).rejects.toThrow(
        `option "limits.${name}" (${variableOf(`limits.${name}`)}) has to be a whole number from ${min} to ${max}`,
      );
    }
  });

  it('of the slow threshold is 1 ms to 64 s', async () => {
    for (const slowThresholdMs of [1, 64_000]) {
      expect((await resolved({ slowThresholdMs })).slowThresholdMs).toBe(slowThresholdMs);
    }
    for (const slowThresholdMs of [0.999, 64_001, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(resolved({ slowThresholdMs })).rejects.toThrow('from 1 to 64000');
    }
  });
});
