import { get } from 'node:http';
import { metrics } from '@opentelemetry/api';
import express from 'express';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { currentScope, runInScope, Scope } from '../../src/core/scope.js';
import { flagObservability } from '../../src/http/express.js';
import { configure } from '../../src/index.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { receiveFlags } from '../../src/instrument/propagation-receive.js';
import { listen } from '../support/app-listen.js';
import { EVALUATION, RECORDS_OFF } from '../support/app-operation.js';
import { createMeters, installSdk } from '../support/app-sdk.js';

const LIMIT = 4_096;
const ANY = '__proto__';

beforeAll(() => configure({ baggage: { flags: ['f', 'g', ANY], receive: true }, unitIds: 'plain' }));

/** What a request with that header brings, one line a flag. */
function received(header: string): string[] {
  const scope = new Scope(undefined, undefined);
  receiveFlags(scope, { baggage: header });
  return linesOf(scope);
}

function linesOf(scope: Scope): string[] {
  return [...scope.flags].map(
    ([key, { variant, assignment, version }]) => `${key}=${variant.name} ${assignment} ${version}`,
  );
}

function dropsOf(reason: 'baggage_bytes' | 'baggage_malformed', fn: () => void): number {
  const before = dropCounts().get(reason) ?? 0;
  fn();
  return (dropCounts().get(reason) ?? 0) - before;
}

describe('an incoming baggage header', () => {
  it('gives the flags that are listed, and nothing else', () => {
    expect(
      received(
        'tenant=42, feature_flags.f=on;version=7 ,feature_flags.g=a%2Cb;assignment=override,feature_flags.x=on',
      ),
    ).toEqual(['f=on assigned 7', 'g=a,b override undefined']);
  });

  it('counts what is malformed of listed flags, and takes the rest', () => {
    const dropped = dropsOf('baggage_malformed', () => {
      const header =
        'feature_flags.f=%zz,feature_flags.f,feature_flags.%=on,feature_flags.g="b",feature_flags.g=a,,=,;';
      expect(received(header)).toEqual(['g=a assigned undefined']);
    });
    expect(dropped).toBe(4);
  });

  it('is mixed where it contradicts itself, and plain where it repeats itself', () => {
    expect(received('feature_flags.f=on,feature_flags.f=off,feature_flags.g=a,feature_flags.g=a')).toEqual([
      'f=__mixed__ assigned undefined',
      'g=a assigned undefined',
    ]);
  });

  it('may name what objects have of themselves', () => {
    expect(received('feature_flags.__proto__=constructor,feature_flags.constructor=x')).toEqual([
      '__proto__=constructor assigned undefined',
    ]);
    expect({}).not.toHaveProperty('key');
  });

  it('folds a variant that is too long, and cuts a version', () => {
    const long = 'v'.repeat(129);
    expect(received(`feature_flags.f=${long};version=${long}`)).toEqual([
      `f=__overflow__ assigned ${long.slice(0, 128)}`,
    ]);
  });

  it(`is read up to ${LIMIT} bytes of listed flags, wherever they stand`, () => {
    const first = 'feature_flags.f=on;pad=';
    const second = ',feature_flags.g=a';
    const pad = 'p'.repeat(LIMIT - first.length - second.length);
    const others = `o=${'o'.repeat(LIMIT)},feature_flags.x=on,`;
    expect(
      dropsOf('baggage_bytes', () => expect(received(others + first + pad + second)).toHaveLength(2)),
    ).toBe(0);
    expect(dropsOf('baggage_bytes', () => expect(received(`${first}${pad}p${second}`)).toHaveLength(1))).toBe(
      1,
    );
  });

  it('of 10,000 entries costs no more than the limit', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `feature_flags.f=v${i}`).join(',');
    expect(
      dropsOf('baggage_bytes', () => expect(received(many)).toEqual(['f=__mixed__ assigned undefined'])),
    ).toBe(1);
    expect(received(many.replaceAll('.f=', '.x='))).toEqual([]);
  });

  it('never throws, and brings no flag that is not listed', () => {
    const unit = fc.oneof(
      fc.constantFrom(
        'feature_flags.',
        'f',
        'g',
        '=',
        ';',
        ',',
        '%',
        '%00',
        '%C3',
        ' ',
        ';version=',
        ';assignment=',
      ),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    const faults = dropCounts().get('fault') ?? 0;
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (header) => {
        for (const line of received(header)) expect(line).toMatch(/^[fg]=/);
      }),
      { numRuns: 2_000 },
    );
    expect(dropCounts().get('fault') ?? 0).toBe(faults);
  });
});

describe('a flag that came from upstream', () => {
  /** Evaluates flags after the header was read. */
  function thenEvaluated(header: string, variants: readonly string[]): Scope {
    const scope = new Scope(undefined, undefined);
    receiveFlags(scope, { baggage: header });
    runInScope(scope, () => {
      for (const variant of variants) {
        recordEvaluation({ ...EVALUATION, key: 'f', variant, targetingKey: 'u1' }, RECORDS_OFF);
      }
    });
    return scope;
  }

  it('stays what it was where it is evaluated alike, and now has a unit', () => {
    const scope = thenEvaluated('feature_flags.f=on;assignment=override;version=7', ['on', 'on']);
    expect(linesOf(scope)).toEqual(['f=on override 7']);
    expect(scope.flags.get('f')).toMatchObject({ count: 2, unit: { targetingKey: 'u1' } });
    expect(scope.unit?.targetingKey).toBe('u1');
  });

  it('is mixed where it is evaluated otherwise', () => {
    expect(linesOf(thenEvaluated('feature_flags.f=on', ['off']))).toEqual(['f=__mixed__ assigned undefined']);
    expect(linesOf(thenEvaluated('feature_flags.f=__mixed__', ['on']))).toEqual([
      'f=__mixed__ assigned undefined',
    ]);
  });

  it('gets a log record for each variant it has here, as any other', () => {
    const sdk = installSdk();
    const scope = new Scope(undefined, undefined);
    receiveFlags(scope, { baggage: 'feature_flags.f=on' });
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(0);
    runInScope(scope, () => {
      for (const variant of ['on', 'on', 'off', 'on', 'off']) {
        recordEvaluation({ ...EVALUATION, key: 'f', variant }, { ...RECORDS_OFF, records: 'once-per-scope' });
      }
    });
    const variants = sdk.logs
      .getFinishedLogRecords()
      .map((one) => one.attributes['feature_flag.result.variant']);
    expect(variants).toEqual(['on', 'off']);
  });

  it('is in the scope of a real request before the first handler, also from several header lines', async () => {
    installSdk();
    const app = express();
    app.use(flagObservability(), flagObservability());
    app.get('/', (_req, res) => {
      const scope = currentScope();
      res.json(scope === undefined ? [] : linesOf(scope));
    });
    await using server = await listen(app);
    const body = await new Promise((resolve) => {
      // As an array they are fixed before Telltale, in this same process, could take the flags out again.
      const lines = ['feature_flags.f=on', 'a=1', 'feature_flags.g=b'].flatMap((line) => ['Baggage', line]);
      get(server.url, { headers: ['Host', 'x', ...lines] }, async (response) => {
        resolve(JSON.parse((await response.toArray()).join('')));
      });
    });
    expect(body).toEqual(['f=on assigned undefined', 'g=b assigned undefined']);
  });
});

describe('telltale.dropped', () => {
  it('has what was refused, by reason', async () => {
    const { provider, points } = createMeters();
    metrics.disable();
    metrics.setGlobalMeterProvider(provider);
    runInScope(new Scope(undefined, undefined), () => recordEvaluation(EVALUATION, RECORDS_OFF));
    received('feature_flags.f=%zz');
    const reasons = (await points('telltale.dropped')).map(({ attributes }) => attributes['reason']);
    expect(reasons).toEqual(expect.arrayContaining(['baggage_malformed', 'baggage_bytes']));
  });
});
