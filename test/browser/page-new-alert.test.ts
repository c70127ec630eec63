import { expect, test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults } from '../support/page-visit.js';

const suite = pageSuite({ isEmpty: true });

test('an alert that comes while the overview is open goes to the top, into the title, and is announced', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  const fine = (flag: string, requests: number) =>
    burstOf(flag, [
      { variant: 'off', succeeded: requests, failed: 1 },
      { variant: 'on', succeeded: requests, failed: 1 },
    ]);
  await backend.sendMetrics(durationsOf([...fine('busy', 900), ...fine('quiet', 300)]));
  await using open = await visit('/');
  const { page } = open;
  await page.locator('[data-verdict="hold"]').nth(1).waitFor();
  expect(await page.title()).toBe('Flags - Telltale');
  expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['All flags']);
  expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['busy', 'quiet']);
  await page.evaluate('globalThis.isSamePage = true');

  const harmful = burstOf('quiet', [
    { variant: 'off', succeeded: 100, failed: 0 },
    { variant: 'on', succeeded: 20, failed: 80 },
  ]);
  await backend.sendMetrics(durationsOf(harmful));
  await page.getByRole('heading', { level: 2, name: '1 alert' }).waitFor();
  await page
    .getByRole('status')
    .getByText(/^New alert: quiet\. control failed 1 of 401, /)
    .waitFor();
  expect(await page.title()).toBe('1 alert: quiet - Telltale');
  expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['quiet', 'busy']);
  await page.getByText(/^Alert: .* to 1 for harm, all flags counted\.$/).waitFor();
  expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
  expect(await accessibilityFaults(page)).toEqual([]);
  await open.picture('overview-new-alert');
});
