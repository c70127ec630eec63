import { DiagLogLevel, diag } from '@opentelemetry/api';
import { Unleash } from 'unleash-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attachAdapter, type EvaluationRecordOptions, type SdkAdapter } from '../../src/hooks/sdk-adapter.js';
import { isWithin } from '../../src/hooks/sdk-version.js';
import { observeUnleash } from '../../src/hooks/unleash.js';
import { subject as unleash } from '../sdks/unleash.js';

const ADAPTER: SdkAdapter = {
  caller: 'observeTest',
  expects: 'a test client',
  methods: ['ask'],
  packages: [{ name: 'vitest', from: '5.0.0', below: 6 }],
};

const warnings = vi.fn();
beforeEach(() => {
  warnings.mockClear();
  const silent = (): void => {};
  const logger = { error: silent, info: silent, debug: silent, verbose: silent, warn: warnings };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
});
afterEach(() => diag.disable());

function attach(
  adapter: Partial<SdkAdapter>,
  client: unknown,
  options: EvaluationRecordOptions = {},
): () => void {
  return attachAdapter({ ...ADAPTER, ...adapter }, client as object, options, () => () => {});
}

const CLIENT = { ask: (): boolean => true };

describe('an object of the wrong kind', () => {
  it.each([
    ['undefined', undefined, 'got undefined; it has to have the methods ask.'],
    ['null', null, 'got null; it has to have the methods ask.'],
    ['a text', 'sdk-key', 'got string; it has to have the methods ask.'],
    ['a plain object', {}, 'got an object of the class Object; it has to have the methods ask.'],
    ['one without a prototype', Object.create(null), 'got an object of the class unknown;'],
    ['a promise', Promise.resolve(CLIENT), 'got a promise; wait for it first'],
  ])('as %s is refused with what it is', (_what, client, message) => {
    expect(() => attach({}, client)).toThrow(`observeTest: expected a test client, ${message}`);
  });

  it('is told which adapter fits', async () => {
    const client = await unleash.start();
    const message = "got an Unleash client; use `observeUnleash(unleash)` of 'telltale/unleash'.";
    expect(() => attach({}, client)).toThrow(message);
    unleash.stop(client);
  });

  it('reaches users of a real adapter so', () => {
    expect(() =>
      observeUnleash({ evaluateVariant() {}, evaluateBoolean() {}, evaluateBatch() {} } as never),
    ).toThrow(
      "observeUnleash: expected an Unleash client, got a Flipt client; use `observeFlipt(client)` of 'telltale/flipt'.",
    );
    expect(() => observeUnleash(Unleash as never)).toThrow(
      'observeUnleash: expected an Unleash client, got function',
    );
  });
});

describe('options', () => {
  it('that are wrong are refused with their name and what is expected', () => {
    expect(() => attach({}, CLIENT, { records: 'all' as never })).toThrow(
      'observeTest: option "records" has to be one of sampled, once-per-scope, each, off, got "all".',
    );
    expect(() => attach({}, CLIENT, { log: true } as never)).toThrow('there is no option "log"');
  });
});

describe('an installed version outside the range', () => {
  it.each([
    ['older', { from: '99.0.0', below: 100 }],
    ['newer', { from: '1.0.0', below: 2 }],
  ])('that is %s is warned of once, and observed all the same', (_what, range) => {
    const packages = [{ name: range.below === 2 ? 'typescript' : 'vitest', ...range }];
    for (let i = 0; i < 3; i += 1) attach({ packages }, { ask: () => true });
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0]?.[0]).toMatch(
      new RegExp(
        `^telltale: observeTest was made for (vitest|typescript) from ${range.from} to below ${range.below}\\.0\\.0, ` +
          'and \\d+\\.\\d+\\.\\d+ is installed\\..*Install a version in that range, or a newer telltale\\.$',
      ),
    );
  });

  it('is not warned of where it is inside, nor where the package is not found', () => {
    attach({}, { ask: () => true });
    attach({ packages: [{ name: 'not-installed-anywhere', from: '1.0.0', below: 2 }] }, { ask: () => true });
    expect(warnings).not.toHaveBeenCalled();
  });

  it.each([
    ['6.0.0', true],
    ['6.12.1', true],
    ['5.99.99', false],
    ['7.0.0', false],
    ['7.0.0-beta.1', false],
    ['6.0.1-rc.1+build.5', true],
  ])('6.0.0 to below 7 has %s: %s', (version, within) => {
    expect(isWithin(version, '6.0.0', 7)).toBe(within);
  });

  it('looks at minor and patch of its beginning', () => {
    expect(
      ['1.4.9', '1.5.2', '1.5.3', '1.6.0', '2.0.0'].map((version) => isWithin(version, '1.5.3', 3)),
    ).toEqual([false, false, true, true, true]);
  });
});

describe('attached twice', () => {
  it('is one attachment, which either function takes back, once', () => {
    const client = { ask: () => true };
    let installed = 0;
    const install = (): (() => void) => {
      installed += 1;
      return () => {
        installed -= 1;
      };
    };
    const first = attachAdapter(ADAPTER, client, {}, install);
    const second = attachAdapter(ADAPTER, client, {}, install);
    expect(installed).toBe(1);
    second();
    first();
    expect(installed).toBe(0);
    attachAdapter(ADAPTER, client, {}, install);
    first();
    expect(installed).toBe(1);
  });
});
