import { expect, test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite({ isEmpty: true });

const FLAG = 'turning';

test('a verdict that turns as harmful traffic arrives is shown, marked and announced, without a reload', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  const harmless = [
    { variant: 'off', succeeded: 500, failed: 1 },
    { variant: 'on', succeeded: 100, failed: 0 },
  ];
  await backend.sendMetrics(durationsOf(burstOf(FLAG, harmless)));
  await using open = await visit(`/flags/${FLAG}`);
  const { page } = open;
  await page.locator('#verdicts [data-verdict="hold"]').waitFor();
  await open.picture('flag-before-turn');
  await page.evaluate('globalThis.isSamePage = true');

  const harmful = [
    { variant: 'off', succeeded: 500, failed: 1 },
    { variant: 'on', succeeded: 60, failed: 40 },
  ];
  await backend.sendMetrics(durationsOf(burstOf(FLAG, harmful)));
  await page.locator('#verdicts [data-verdict="roll-back"]').waitFor();
  await page.getByRole('status').getByText('The verdict on on turned from Hold to Roll back.').waitFor();
  await page.getByText(/^Turned .*: Hold/).waitFor();
  await page.getByText('treatment 40 of 200').waitFor();
  expect(await page.title()).toBe(`▼ Roll back: ${FLAG} - Telltale`);
  expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
  await open.picture('flag-turned');
});
