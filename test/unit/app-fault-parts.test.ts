import { expect, it } from 'vitest';
import { isDisabled } from '../../src/core/faults.js';
import { record } from '../../src/hooks/record.js';
import { installSdk } from '../support/app-sdk.js';
import { evaluate, provideFlag } from '../support/app-served.js';

it('faults of one part turn off that one alone', async () => {
  const sdk = installSdk();
  await provideFlag();
  const broken = {
    get key(): string {
      throw new Error('on purpose');
    },
  };
  const recorded = async (): Promise<string[]> => {
    sdk.logs.reset();
    record({ key: 'own', variant: 'on' });
    await evaluate();
    return sdk.logs.getFinishedLogRecords().map(({ attributes }) => String(attributes['feature_flag.key']));
  };
  for (let i = 0; i < 9; i += 1) record(broken);
  expect(await recorded()).toHaveLength(2);
  record(broken);
  expect(isDisabled('telltale.record')).toBe(true);
  const left = await recorded();
  expect(left).toHaveLength(1);
  expect(left).not.toContain('own');
});
