import { createHmac } from 'node:crypto';
import { OpenFeature, type Provider, type ResolutionDetails } from '@openfeature/server-sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TelltaleOptions } from '../../src/core/settings.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

let sdk: Sdk;
let app: Fresh;
let answer: () => unknown;

/** What JavaScript applications and providers give where the types say text. */
class UntypedProvider implements Provider {
  readonly metadata = { name: 'untyped' };
  async resolveBooleanEvaluation(): Promise<ResolutionDetails<boolean>> {
    return answer() as ResolutionDetails<boolean>;
  }
  resolveStringEvaluation(): never {
    throw new Error('no texts');
  }
  resolveNumberEvaluation(): never {
    throw new Error('no numbers');
  }
  resolveObjectEvaluation(): never {
    throw new Error('no structures');
  }
}

async function start(options: TelltaleOptions = {}): Promise<void> {
  sdk = installSdk();
  app = await fresh(options);
  OpenFeature.clearHooks();
  await OpenFeature.setProviderAndWait(new UntypedProvider());
  OpenFeature.addHooks(new app.openfeature.TelltaleHook());
  answer = () => ({ value: true, variant: 'on', reason: 'SPLIT' });
}

function evaluate(targetingKey: unknown): Promise<boolean> {
  const who = { targetingKey: targetingKey as string };
  return app.telltale.run('job', async () => OpenFeature.getClient().getBooleanValue('flag', false, who));
}

beforeEach(() => start());

describe('a provider that throws what has a code of its own', () => {
  it.each([
    ['a timeout', () => AbortSignal.timeout(0).reason ?? new DOMException('timed out', 'TimeoutError')],
    ['an error of gRPC', () => Object.assign(new Error('unavailable'), { code: 14 })],
    ['an object for a code', () => Object.assign(new Error('odd'), { code: {} })],
  ])('as %s gives the default and is counted as a general error, however often', async (_what, create) => {
    answer = () => {
      throw create();
    };
    for (let i = 0; i < 12; i += 1) expect(await evaluate('ada')).toBe(false);
    const [point] = await sdk.points('feature_flag.evaluations');
    expect(point?.value).toBe(12);
    expect(point?.attributes['error.type']).toBe('general');
    expect(app.drops.dropCounts().get('fault')).toBeUndefined();
  });
});

describe('a targeting key that is a number', () => {
  it('is the unit of its text', async () => {
    await start({ unitSalt: 'pepper' });
    for (let id = 1; id <= 12; id += 1) await evaluate(id);
    const exposed = await sdk.points('telltale.unit.exposed');
    expect(exposed.reduce((sum, { value }) => sum + Number(value), 0)).toBe(12);
    expect(exposed.length).toBeGreaterThan(3);
    const id = createHmac('sha256', 'pepper').update('12').digest('hex');
    expect(sdk.logs.getFinishedLogRecords().at(-1)?.attributes['feature_flag.context.id']).toBe(id);
    expect(app.drops.dropCounts().get('fault')).toBeUndefined();
  });
});

describe('a variant that is a number', () => {
  it('is its text', async () => {
    answer = () => ({ value: true, variant: 7 });
    await evaluate('ada');
    expect(sdk.spans.getFinishedSpans()[0]?.attributes['feature_flags.flag']).toBe('7');
  });
});
