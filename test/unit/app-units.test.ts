import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TelltaleOptions } from '../../src/core/settings.js';
import { unitBucket, unitHash } from '../../src/core/unit.js';
import { edgeBelow } from '../../src/instrument/unit-counts.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const HOUR_MS = 3_600_000;
const BASE = {
  'feature_flag.key': 'flag',
  'feature_flag.result.variant': 'on',
  'telltale.assignment': 'assigned',
};

let sdk: Sdk;
let app: Fresh;

async function start(options: TelltaleOptions = {}): Promise<void> {
  sdk = installSdk();
  app = await fresh(options);
}

/** Sum of all points of a unit counter. */
async function sum(counter: string): Promise<number> {
  const points = await sdk.points(`telltale.unit.${counter}`);
  return points.reduce((total, point) => total + (point.value as number), 0);
}

beforeEach(() => start());
afterEach(() => vi.useRealTimers());

describe('the hash of units', () => {
  // Jenkins' own examples of one-at-a-time, and UTF-8 for everything else.
  it.each([
    ['a', 0xca2e9442],
    ['The quick brown fox jumps over the lazy dog', 0x519e91f5],
  ])('of "%s" is the published one', (text, hash) => {
    expect(unitHash(text)).toBe(hash);
  });

  it('takes the UTF-8 bytes of what is not ASCII', () => {
    const bytes = Buffer.from('zoë@example.org').toString('latin1');
    let hash = 0;
    for (const char of bytes) {
      hash = (hash + char.charCodeAt(0)) | 0;
      hash = (hash + (hash << 10)) | 0;
      hash ^= hash >>> 6;
    }
    hash = (hash + (hash << 3)) | 0;
    hash ^= hash >>> 11;
    hash = (hash + (hash << 15)) >>> 0;
    expect(unitHash('zoë@example.org')).toBe(hash);
  });

  it('spreads like keys evenly over the buckets', () => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i += 1) {
      const bucket = unitBucket(unitHash(`user-${i}`));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    // Chi-square with 15 degrees of freedom: 37.7 is exceeded once in a thousand.
    expect(counts.reduce((total, count) => total + (count - 1_000) ** 2 / 1_000, 0)).toBeLessThan(37.7);
  });
});

describe('units', () => {
  it('are counted in their bucket, with their errors', async () => {
    app.operation.serve({ targetingKey: 'ada' });
    app.operation.serve({ targetingKey: 'ada' }, { statusCode: 503 });
    app.operation.serve({ targetingKey: 'grace' });
    const bucketOf = (key: string): number => unitBucket(unitHash(key));
    expect(bucketOf('ada')).not.toBe(bucketOf('grace'));
    const seen = (points: DataPoint<unknown>[]): unknown =>
      points.map(({ attributes, value }) => [attributes, value]);
    const ada = { ...BASE, 'telltale.unit.bucket': bucketOf('ada') };
    const grace = { ...BASE, 'telltale.unit.bucket': bucketOf('grace') };
    expect(seen(await sdk.points('telltale.unit.operations'))).toEqual(
      expect.arrayContaining([
        [ada, 2],
        [grace, 1],
      ]),
    );
    expect(seen(await sdk.points('telltale.unit.errors'))).toEqual([[ada, 1]]);
    expect(await sum('exposed')).toBe(2);
    expect(await sdk.points('telltale.unit.slow')).toEqual([]);
  });

  it('count three operations an hour each, and are exposed once a day', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 22, 10) });
    for (let i = 0; i < 5; i += 1) app.operation.serve({ targetingKey: 'bot' }, { statusCode: 500 });
    expect([await sum('operations'), await sum('errors'), await sum('exposed')]).toEqual([3, 3, 1]);
    vi.advanceTimersByTime(HOUR_MS);
    for (let i = 0; i < 5; i += 1) app.operation.serve({ targetingKey: 'bot' });
    expect([await sum('operations'), await sum('errors'), await sum('exposed')]).toEqual([6, 3, 1]);
    vi.advanceTimersByTime(24 * HOUR_MS);
    app.operation.serve({ targetingKey: 'bot' });
    expect([await sum('operations'), await sum('exposed')]).toEqual([7, 2]);
  });

  it('count for each flag and variant by themselves', async () => {
    for (const variant of ['on', 'off']) {
      for (let i = 0; i < 4; i += 1) app.operation.serve({ targetingKey: 'ada', variant });
    }
    expect([await sum('operations'), await sum('exposed')]).toEqual([6, 2]);
  });

  it('are exposed by an aborted operation and by an event stream, which count for nothing else', async () => {
    app.operation.serve({ targetingKey: 'ada' }, { aborted: true });
    app.operation.serve({ targetingKey: 'grace' }, { eventStream: true });
    expect([await sum('operations'), await sum('exposed')]).toEqual([0, 2]);
  });

  it('are nobody where there is no targeting key, and of no variant where it was mixed', async () => {
    app.operation.serve({ targetingKey: undefined });
    app.operation.serve({ targetingKey: 'ada' }, {}, () => app.operation.evaluate('flag', 'off'));
    expect([await sum('operations'), await sum('exposed')]).toEqual([0, 0]);
  });

  it('stay within the attribute sets of an instrument, and say what was left out', async () => {
    await start({ limits: { attributeSets: 47 } });
    for (const key of ['a', 'b', 'c']) app.operation.serve({ key, targetingKey: 'ada' });
    expect(await sum('operations')).toBe(2);
    expect(app.drops.dropCounts().get('unit_sets')).toBe(1);
    await start({ limits: { attributeSets: 48 } });
    for (const key of ['a', 'b', 'c']) app.operation.serve({ key, targetingKey: 'ada' });
    expect(await sum('operations')).toBe(3);
  });
});

describe('slow units', () => {
  it.each([
    [0.3, 2 ** (-7 / 4)],
    [0.5, 0.5],
    [0.499_999, 2 ** (-5 / 4)],
    [1, 1],
    [2 ** (3 / 4), 2 ** (3 / 4)],
  ])('have the edge at or below %d s', (seconds, edge) => {
    expect(edgeBelow(seconds)).toBeCloseTo(edge, 12);
    expect(edgeBelow(seconds)).toBeLessThanOrEqual(seconds);
  });

  it('are those above the edge, which is written with them, also where there is none', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'], now: Date.UTC(2026, 10, 22) });
    await start({ slowThresholdMs: 300 });
    const bucket = unitBucket(unitHash('ada'));
    const wanted = { ...BASE, 'telltale.unit.bucket': bucket, 'telltale.threshold': 2 ** (-7 / 4) };
    app.operation.serve({ targetingKey: 'ada' }, {}, () => vi.advanceTimersByTime(297));
    expect((await sdk.points('telltale.unit.slow')).map((point) => [point.attributes, point.value])).toEqual([
      [wanted, 0],
    ]);
    app.operation.serve({ targetingKey: 'ada' }, {}, () => vi.advanceTimersByTime(298));
    expect((await sdk.points('telltale.unit.slow')).map((point) => [point.attributes, point.value])).toEqual([
      [wanted, 1],
    ]);
  });
});
