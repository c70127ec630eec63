import { expect, test } from 'vitest';
import type { Comparison } from '../../src/server/comparison.js';
import type { FlagsDocument } from '../../src/server/flag-routes.js';
import { pageBackend, sendRelease } from '../support/page-backend.js';
import { FINE, HARMFUL, HOSTILE, ONE_VARIANT, THREE_VARIANTS } from '../support/page-release.js';

test('the release that the tests of the page look at has the verdicts that they expect', async () => {
  await using seeded = await pageBackend();
  await sendRelease(seeded);
  const ask = async <T>(path: string) => (await (await fetch(`${seeded.url}/api/v1/${path}`)).json()) as T;
  const verdicts = async (flag: string): Promise<unknown> => {
    const { comparisons } = await ask<Comparison>(`flags/${encodeURIComponent(flag)}/comparison`);
    return Object.fromEntries(comparisons.map(({ treatment, verdict }) => [treatment, verdict]));
  };
  expect(await verdicts(HARMFUL.flag)).toEqual({ on: 'roll-back' });
  expect(await verdicts(FINE.flag)).toEqual({ on: 'roll-forward' });
  expect(await verdicts(THREE_VARIANTS.flag)).toEqual({ blue: 'hold', green: 'hold' });
  for (const { flag, stages } of HOSTILE) {
    const treatment = stages[0]?.variants[1]?.variant ?? '';
    expect(await verdicts(flag)).toEqual({ [treatment]: 'hold' });
  }
  const { flags } = await ask<FlagsDocument>('flags');
  const all = [HARMFUL, FINE, THREE_VARIANTS, ONE_VARIANT, ...HOSTILE].map(({ flag }) => flag);
  expect(new Set(flags.map(({ flag }) => flag))).toEqual(new Set(all));
});
