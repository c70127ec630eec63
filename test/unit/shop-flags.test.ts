import { fileURLToPath } from 'node:url';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { type EvaluationContext, OpenFeature } from '@openfeature/server-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

const offlineFlagSourcePath = fileURLToPath(new URL('../../examples/shop/flags.json', import.meta.url));
const flags = OpenFeature.getClient('shop');
const keys = Array.from({ length: 4_000 }, (_, n) => `shopper-${n + 1}`);

beforeAll(async () => {
  const provider = new FlagdProvider({ resolverType: 'in-process', offlineFlagSourcePath });
  await OpenFeature.setProviderAndWait('shop', provider);
});
afterAll(() => OpenFeature.close());

async function treated(flag: string): Promise<Set<string>> {
  const values = await Promise.all(
    keys.map((targetingKey) => flags.getBooleanValue(flag, false, { targetingKey })),
  );
  return new Set(keys.filter((_, at) => values[at]));
}

const share = (some: Set<string>, of: Set<string>) => [...of].filter((key) => some.has(key)).length / of.size;

test.each([
  ['new-checkout', 0.1],
  ['fast-search', 0.5],
  ['recommendations-v2', 0.5],
])('%s is on for its share of the shoppers', async (flag, expected) => {
  const on = await treated(flag);
  expect(share(on, new Set(keys))).toBeGreaterThan(expected - 0.03);
  expect(share(on, new Set(keys))).toBeLessThan(expected + 0.03);
});

test('who has one flag on says nothing about the others', async () => {
  const half = await treated('fast-search');
  const otherHalf = await treated('recommendations-v2');
  const tenth = await treated('new-checkout');
  expect(Math.abs(share(half, otherHalf) - 0.5)).toBeLessThan(0.04);
  expect(Math.abs(share(half, tenth) - 0.5)).toBeLessThan(0.08);
  expect(Math.abs(share(otherHalf, tenth) - 0.5)).toBeLessThan(0.08);
});

test.each<[string, EvaluationContext]>([
  ['testers', { email: 'ada@shop.example', region: 'de' }],
  ['one region', { email: 'ada@mail.example', region: 'nz' }],
])('beta-cart is on for %s', async (_, context) => {
  const details = await flags.getBooleanDetails('beta-cart', false, { targetingKey: 'ada', ...context });
  expect(details).toMatchObject({ variant: 'on', reason: 'TARGETING_MATCH' });
});

test.each<[string, EvaluationContext]>([
  ['everybody else', { email: 'ada@mail.example', region: 'de' }],
  ['an address that only looks like a tester', { email: 'ada@shop.example.org', region: 'de' }],
  ['somebody unknown', {}],
])('beta-cart is off by default for %s', async (_, context) => {
  const details = await flags.getBooleanDetails('beta-cart', false, { targetingKey: 'ada', ...context });
  expect(details).toMatchObject({ variant: 'off', reason: 'DEFAULT' });
});

test('an evaluation knows its flag set and the version of its rules', async () => {
  const details = await flags.getBooleanDetails('new-checkout', false, { targetingKey: 'ada' });
  expect(details.flagMetadata).toEqual({ flagSetId: 'shop', version: '1' });
});
