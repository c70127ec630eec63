import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import {
  burstOf,
  durationsOf,
  FINE,
  HARMFUL,
  HOSTILE,
  ONE_VARIANT,
  shownName,
  THREE_VARIANTS,
} from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();
const ALL = [HARMFUL, FINE, THREE_VARIANTS, ONE_VARIANT, ...HOSTILE];

const row = (page: Page, flag: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name: shownName(flag), exact: true }) });
const compared = (page: Page) =>
  page.getByText('The comparison is being made.').first().waitFor({ state: 'detached' });

test('every flag has a row, alerts before the others, with shares, verdict, ratios and the last change', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/', { height: 4000 });
  const { page } = open;
  const harmful = row(page, HARMFUL.flag);
  await harmful.locator('[data-verdict="roll-back"]').waitFor();
  await compared(page);
  for (const { flag } of ALL) await row(page, flag).waitFor();

  const alerts = page.getByRole('region', { name: '1 alert', exact: true });
  expect(await alerts.getByRole('link').allTextContents()).toEqual([HARMFUL.flag]);
  await harmful.getByText(/^control failed \d+ of 8,100, treatment \d+ of 900/).waitFor();
  await harmful
    .getByText(/^ratio to the control: /)
    .first()
    .waitFor({ state: 'attached' });
  await harmful.getByText('by Ada').waitFor();
  await harmful.getByRole('row', { name: 'on 900 10 % 300 10 %' }).waitFor();
  await row(page, FINE.flag).locator('[data-verdict="roll-forward"]').waitFor();
  expect(await row(page, THREE_VARIANTS.flag).locator('[data-verdict="hold"]').count()).toBe(2);
  await row(page, ONE_VARIANT.flag)
    .getByText(/^Not compared\. /)
    .waitFor();
  expect(await page.title()).toBe(`1 alert: ${HARMFUL.flag} - Telltale`);
  // The overview does without the charts.
  expect(open.requested.filter((url) => url.includes('/assets/flag-'))).toEqual([]);
  await open.picture('overview');
});

test('hostile keys are text in their rows, and their links lead to them', { timeout: 120_000 }, async () => {
  for (const { flag } of HOSTILE) {
    await using open = await suite().visit('/', { height: 4000 });
    const { page } = open;
    await row(page, flag).getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: shownName(flag), exact: true }).waitFor();
    await page.goBack();
    await row(page, flag).waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
  }
});

test('search, filters and the time range narrow the rows, and stand in an address that shows the same', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/', { height: 4000 });
  const { page } = open;
  await row(page, FINE.flag).waitFor();
  await page.getByRole('searchbox').fill('SEARCH');
  await row(page, HARMFUL.flag).waitFor({ state: 'detached' });
  await row(page, FINE.flag).waitFor();
  await page.getByLabel('Service').selectOption('search');
  await page.getByLabel('Verdict').selectOption('roll-forward');
  await page.getByRole('button', { name: '6 h', exact: true }).click();
  await page.waitForURL(/since=6h/);
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
    ...{ q: 'SEARCH', service: 'search', verdict: 'roll-forward', since: '6h' },
  });
  await row(page, FINE.flag).locator('[data-verdict="roll-forward"]').waitFor();

  await page.reload();
  await row(page, FINE.flag).locator('[data-verdict="roll-forward"]').waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe('SEARCH');
  expect(await page.getByRole('listitem').getByRole('heading', { level: 3 }).allTextContents()).toEqual([
    FINE.flag,
  ]);

  // Into the view of the flag and back.
  await row(page, FINE.flag).getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: FINE.flag }).waitFor();
  await page.goBack();
  expect(await page.getByRole('searchbox').inputValue()).toBe('SEARCH');

  await page.getByRole('searchbox').fill('no such flag');
  await page.getByRole('button', { name: 'Show all flags' }).click();
  await row(page, FINE.flag).waitFor();
});

test('a row changes as telemetry arrives, and a new flag comes, without a reload', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  await using open = await visit('/', { height: 4000 });
  const { page } = open;
  await row(page, HARMFUL.flag).waitFor();
  await compared(page);
  await page.evaluate('globalThis.isSamePage = true');
  const send = (failed: number) =>
    backend.sendMetrics(
      durationsOf(
        burstOf('live', [
          { variant: 'off', succeeded: 400, failed: 0 },
          { variant: 'on', succeeded: 400 - failed, failed },
        ]),
      ),
    );
  await send(0);
  await row(page, 'live').locator('[data-verdict="hold"]').waitFor();
  await send(80);
  await row(page, 'live').locator('[data-verdict="roll-back"]').waitFor();
  await row(page, 'live').getByText('control failed 0 of 800, treatment 80 of 800').waitFor();
  await page.getByRole('status').getByText('New alert: live.').waitFor({ state: 'attached' });
  expect(await page.title()).toMatch(/^2 alerts: /);
  expect(await page.evaluate('globalThis.isSamePage')).toBe(true);
});
