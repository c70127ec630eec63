import { encryptOverrides } from 'flags';
import * as sdk from 'flags/next';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { kindOf } from '../../src/hooks/sdk-kinds.js';
import * as entry from '../../src/hooks/vercel-flags.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/vercel-flags.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';
import { inNextRequest, standInForFrameworks } from '../support/vercel-frameworks.js';

// The SDK warns of each flag that fails.
vi.spyOn(console, 'warn').mockImplementation(() => {});

describeSdk(subject, entry);

const { observeFlags } = entry;
const { flag, evaluate, getPrecomputed, precompute } = observeFlags(sdk);

let telemetry: Sdk;
const install = (): void => {
  telemetry = installSdk();
};

/** Key, variant and reason of each record. */
function records(): unknown[][] {
  return telemetry.logs
    .getFinishedLogRecords()
    .map(({ attributes }) =>
      ['key', 'result.variant', 'result.reason'].map((name) => attributes[`feature_flag.${name}`]),
    );
}

function request(cookie = ''): Request {
  return new Request('http://localhost/', { headers: { cookie } });
}

/** Key, reason and number of the evaluations that were counted. */
async function countsOf(...keys: string[]): Promise<unknown[][]> {
  const points = await telemetry.points('feature_flag.evaluations');
  return keys.flatMap((key) =>
    points
      .filter(({ attributes }) => attributes['feature_flag.key'] === key)
      .map(({ attributes, value }) => [key, attributes['feature_flag.result.reason'], value]),
  );
}

/** As in routing middleware, where the SDK's types expect a request of pages. */
function ask(declared: (...args: never[]) => unknown, ...args: unknown[]): Promise<unknown> {
  return Reflect.apply(declared, undefined, args) as Promise<unknown>;
}

function definitionOf(declared: object): unknown {
  return sdk.getProviderData({ declared: declared as { key: string } });
}

async function overriding(values: Readonly<Record<string, unknown>>): Promise<string> {
  return encryptOverrides(values, process.env['FLAGS_SECRET']);
}

beforeAll(async () => {
  standInForFrameworks();
  process.env['FLAGS_SECRET'] = Buffer.alloc(32, 1).toString('base64url');
});

describe('a flag of the Flags SDK', () => {
  beforeEach(install);

  it('is the function that the SDK gives, with all it has', () => {
    const declaration = { key: 'flag', options: ['a', 'b'], description: 'Letters', defaultValue: 'a' };
    const bare = sdk.flag<string>({ ...declaration, decide: () => 'a' });
    const observed = flag<string>({ ...declaration, decide: () => 'a' });
    expect(Reflect.ownKeys(observed)).toEqual(expect.arrayContaining(Reflect.ownKeys(bare)));
    expect(definitionOf(observed)).toEqual(definitionOf(bare));
    expect(observed.key).toBe('flag');
    expect(observed.options).toEqual([{ value: 'a' }, { value: 'b' }]);
  });

  it('is decided once in a request, and cached after', async () => {
    const decide = vi.fn(() => 'a');
    const letter = flag<string>({ key: 'letter', options: ['a'], decide });
    const one = request();
    expect(await Promise.all([ask(letter, one), ask(letter, one)])).toEqual(['a', 'a']);
    await ask(letter, one);
    expect(decide).toHaveBeenCalledOnce();
    expect(records()).toEqual([
      ['letter', 'a', 'unknown'],
      ['letter', 'a', 'cached'],
      ['letter', 'a', 'cached'],
    ]);
  });

  it('is counted each time, also in an operation', async () => {
    const counted = flag<boolean>({ key: 'counted', decide: () => true });
    const one = request();
    await run('job', async () => [await ask(counted, one), await ask(counted, one), await ask(counted, one)]);
    expect(await countsOf('counted')).toEqual([
      ['counted', 'unknown', 1],
      ['counted', 'cached', 2],
    ]);
  });

  it('may ask another', async () => {
    const inner = flag<boolean>({ key: 'inner', decide: () => false });
    const one = request();
    const outer = flag<boolean>({ key: 'outer', decide: async () => !(await ask(inner, one)) });
    await run('job', () => ask(outer, one));
    expect(telemetry.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
      'feature_flags.inner': 'false',
      'feature_flags.outer': 'true',
    });
  });

  it('is observed where it is run for entities', async () => {
    const decide = ({ entities }: { entities?: { readonly userId: string } }) =>
      entities?.userId === 'user-9';
    const ofEntities = flag<boolean, { readonly userId: string }>({ key: 'of-entities', decide });
    const one = request();
    const cookie = `vercel-flag-overrides=${await overriding({ 'of-entities': false })}`;
    await run('job', () => ofEntities.run({ identify: { userId: 'user-9' }, request: one }));
    await ofEntities.run({ identify: () => ({ userId: 'user-9' }), request: request(cookie) });
    expect(records()).toEqual([
      ['of-entities', 'true', 'unknown'],
      ['of-entities', 'false', 'targeting_match'],
    ]);
    const units = await telemetry.points('telltale.unit.operations');
    expect(units.map(({ attributes }) => attributes['feature_flag.key'])).toContain('of-entities');
  });

  it('is decided by its adapter', async () => {
    class Adapter {
      readonly #answer = 'b';
      decide({ key }: { readonly key: string }): string {
        return key === 'adapted' ? this.#answer : 'a';
      }
      identify(): { readonly id: string } {
        return { id: this.#answer };
      }
    }
    const adapted = flag<string>({ key: 'adapted', options: ['a', 'b'], adapter: new Adapter() });
    expect(await ask(adapted, request())).toBe('b');
    expect(records()).toEqual([['adapted', 'b', 'unknown']]);
  });

  it('may have an option, or give a value, that has no JSON', async () => {
    const endless: { self?: object } = {};
    endless.self = endless;
    const other: { self?: object } = {};
    other.self = other;
    const options = [
      { label: 'endless', value: endless },
      { label: 'plain', value: {} },
    ];
    const circular = flag<object>({ key: 'circular', options, decide: () => endless });
    const unlisted = flag<object>({ key: 'unlisted', options, decide: () => other });
    expect(await ask(circular, request())).toBe(endless);
    expect(await ask(unlisted, request())).toBe(other);
    expect(records()).toEqual([
      ['circular', 'endless', 'unknown'],
      ['unlisted', undefined, 'unknown'],
    ]);
  });

  it('writes nothing where Next.js breaks off to redirect', async () => {
    const redirect = Object.assign(new Error('NEXT_REDIRECT'), {
      digest: 'NEXT_REDIRECT;replace;/login;307;',
    });
    const decide = (): never => {
      throw redirect;
    };
    await expect(ask(flag<boolean>({ key: 'redirecting', decide }), request())).rejects.toBe(redirect);
    expect(records()).toEqual([]);
  });

  it('that the SDK refuses is refused', () => {
    for (const declaration of [undefined, {}, { key: 'nobody' }, { key: 'nobody', adapter: {} }]) {
      const refusal = (declare: typeof sdk.flag) => {
        try {
          return Reflect.apply(declare, undefined, [declaration]);
        } catch (error) {
          return String(error);
        }
      };
      expect(refusal(flag)).toEqual(refusal(sdk.flag));
    }
  });
});

describe('several flags of the Flags SDK', () => {
  beforeEach(install);

  function adapterOf(answers: Readonly<Record<string, string>>) {
    const bulkDecide = vi.fn(() => answers);
    return {
      adapterId: 'answers',
      decide: ({ key }: { readonly key: string }) => answers[key] ?? '',
      bulkDecide,
    };
  }

  it('are decided by their adapter at once, and written each', async () => {
    const adapter = adapterOf({ a: 'x', b: 'y' });
    const { bulkDecide } = adapter;
    const declared = ['a', 'b', 'c', 'd'].map((key) =>
      flag<string>({ key, adapter, options: ['x', 'y', 'z'], defaultValue: 'z' }),
    );
    const plain = flag<boolean>({ key: 'standalone', decide: () => true });
    const cookie = `vercel-flag-overrides=${await overriding({ d: 'y' })}`;
    const one = request(cookie);
    const named = Object.fromEntries(declared.map((each) => [each.key, each]));
    await run('job', async () => {
      expect(await evaluate([...declared, plain], one)).toEqual(['x', 'y', 'z', 'y', true]);
      expect(await evaluate(named, one)).toEqual({ a: 'x', b: 'y', c: 'z', d: 'y' });
    });
    expect(bulkDecide).toHaveBeenCalledOnce();
    expect(records()).toEqual([
      ['a', 'x', 'unknown'],
      ['b', 'y', 'unknown'],
      ['c', 'z', 'default'],
      ['standalone', 'true', 'unknown'],
      ['d', 'y', 'targeting_match'],
    ]);
    expect(await countsOf('a', 'd', 'standalone')).toEqual([
      ['a', 'unknown', 1],
      ['a', 'cached', 1],
      ['d', 'targeting_match', 1],
      ['d', 'cached', 1],
      ['standalone', 'unknown', 1],
    ]);
  });

  it('fail together', async () => {
    const adapter = { ...adapterOf({}), bulkDecide: () => Promise.reject(new Error('no rules today')) };
    const safe = flag<string>({ key: 'safe', adapter, options: ['x'], defaultValue: 'x' });
    const unsafe = flag<string>({ key: 'unsafe', adapter });
    expect(await evaluate([safe], request())).toEqual(['x']);
    await expect(evaluate([unsafe], request())).rejects.toThrow('no rules today');
    expect(records()).toEqual([
      ['safe', 'x', 'error'],
      ['unsafe', undefined, 'error'],
    ]);
  });

  it('are read from a code whatever the toolbar says', async () => {
    const forced = flag<string>({ key: 'forced', options: ['a', 'b'], decide: () => 'a' });
    const page = flag<boolean>({ key: 'page', decide: () => true });
    const code = await inNextRequest({}, () => precompute([page]));
    telemetry.logs.reset();
    const cookie = `vercel-flag-overrides=${await overriding({ forced: 'b' })}`;
    await run('job', async () => [await ask(forced, request(cookie)), await ask(page, code, [page])]);
    expect(records()).toEqual([
      ['forced', 'b', 'targeting_match'],
      ['page', 'true', 'cached'],
    ]);
  });

  it('are read from the code of a precomputed page', async () => {
    const letter = flag<string>({ key: 'letter', options: ['a', 'b'], decide: () => 'b' });
    const plain = flag<boolean>({ key: 'plain', decide: () => true });
    const group = [letter, plain];
    const code = await inNextRequest({}, () => precompute(group));
    expect(records()).toHaveLength(2);
    telemetry.logs.reset();
    expect(await ask(letter, code, group)).toBe('b');
    expect(await getPrecomputed(plain, group, code)).toBe(true);
    expect(await getPrecomputed([plain, letter], group, code)).toEqual([true, 'b']);
    expect(records()).toEqual([
      ['letter', 'b', 'cached'],
      ['plain', 'true', 'cached'],
      ['plain', 'true', 'cached'],
      ['letter', 'b', 'cached'],
    ]);
  });
});

describe('the frameworks of the Flags SDK', () => {
  beforeEach(install);

  it("in Next.js's App Router a flag needs no request", async () => {
    const letter = flag<string>({ key: 'letter', options: ['a', 'b'], decide: () => 'a' });
    const cookie = { 'vercel-flag-overrides': await overriding({ letter: 'b' }) };
    await inNextRequest({}, async () => [await ask(letter), await ask(letter)]);
    await inNextRequest(cookie, () => ask(letter));
    expect(records()).toEqual([
      ['letter', 'a', 'unknown'],
      ['letter', 'a', 'cached'],
      ['letter', 'b', 'targeting_match'],
    ]);
  });

  it('in SvelteKit it is the same', async () => {
    const svelte = await import('flags/sveltekit');
    const observed = observeFlags(svelte);
    const decide = ({ entities }: { entities?: { readonly id: string } }) =>
      entities?.id === '7' ? 'a' : 'b';
    const identify = vi.fn(() => ({ id: '7' }));
    const letter = observed.flag<string>({ key: 'letter', options: ['a'], decide, identify });
    const other = observed.flag<string>({ key: 'other', options: ['a'], decide, identify });
    const broken = observed.flag<string>({ key: 'broken', decide: () => Promise.reject(new Error('no')) });
    const one = request();
    for (const each of [letter, other, letter]) expect(await ask(each, one)).toBe('a');
    await expect(ask(broken, one)).rejects.toThrow('no');
    expect(identify).toHaveBeenCalledOnce();
    expect(records()).toEqual([
      ['letter', 'a', 'unknown'],
      ['other', 'a', 'unknown'],
      ['letter', 'a', 'cached'],
      ['broken', undefined, 'error'],
    ]);
  });
});

describe('the module of the Flags SDK', () => {
  it('is observed once', () => {
    const observed = observeFlags(sdk);
    expect(observeFlags(sdk)).toBe(observed);
    expect(observeFlags(observed)).toBe(observed);
    expect(Object.keys(observed)).toEqual(Object.keys(sdk));
  });

  it('is told from anything else', () => {
    expect(kindOf(sdk)?.use).toContain('observeFlags');
    for (const wrong of [undefined, null, sdk.flag]) {
      expect(() => Reflect.apply(observeFlags, undefined, [wrong])).toThrow(
        'expected the module flags/next or flags/sveltekit',
      );
    }
  });
});
