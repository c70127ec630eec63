import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { HARMFUL, ONE_VARIANT } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults } from '../support/page-visit.js';

const suite = pageSuite({ args: ['--trace-url', 'http://127.0.0.1:16686/trace/{traceId}'] });
const PATH = `/flags/${HARMFUL.flag}`;

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('the view of a flag says what the verdict rests on, and what is behind it', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(PATH);
  const { page } = open;
  const verdict = page.getByRole('region', { name: /^on against off/ });
  await verdict.locator('[data-verdict="roll-back"]').waitFor();
  await verdict
    .getByText('control failed 44 of 8,100, treatment 46 of 900: more than 1,000,000 to 1')
    .waitFor();
  await verdict
    .getByRole('row', { name: /^Errors 9.41, between 4.1 and 19.9 more than 1,000,000 to 1/ })
    .waitFor();
  await verdict.getByText('Harm is proven: roll back.').waitFor();

  await section(page, 'Variants')
    .getByRole('row', { name: /^on 900 / })
    .waitFor();

  const breakdown = section(page, 'Breakdown');
  await breakdown.getByRole('link', { name: '/checkout' }).waitFor();
  await breakdown.getByRole('tab', { name: 'By route' }).focus();
  await page.keyboard.press('ArrowRight');
  await breakdown.getByText(/shop 1\.5\.0 prod/).waitFor();
  await page.keyboard.press('ArrowRight');
  await breakdown.getByRole('row', { name: /split/ }).first().waitFor();
  expect(new URL(page.url()).searchParams.get('by')).toBe('reason');

  const failures = section(page, 'Commonest failures');
  await failures
    .getByRole('row', { name: /^500 TypeError/ })
    .first()
    .waitFor();
  expect(
    await failures
      .getByRole('link', { name: /^elsewhere/ })
      .first()
      .getAttribute('href'),
  ).toMatch(/^http:\/\/127\.0\.0\.1:16686\/trace\/[0-9a-f]{32}$/);
  await section(page, 'Sample ratio')
    .getByText(/^Not tested/)
    .first()
    .waitFor();
  await section(page, 'Evaluations')
    .getByText(/ evaluations failed \(/)
    .waitFor();
  await section(page, 'Last changes')
    .getByText(/flag changed.*To 10 %.*Ada/)
    .waitFor();
  await section(page, 'Last changes')
    .getByText(/shop deployed.*1\.5\.0/)
    .waitFor();
  expect(await page.title()).toBe(`▼ Roll back: ${HARMFUL.flag} - Telltale`);
  await open.picture('flag-sections');

  // A route by itself, and back to all.
  await breakdown.getByRole('tab', { name: 'By route' }).click();
  await breakdown.getByRole('link', { name: '/checkout' }).click();
  await page.getByRole('button', { name: 'All routes' }).waitFor();
  expect(new URL(page.url()).searchParams.get('route')).toBe('/checkout');
  await page.getByRole('button', { name: 'All routes' }).click();
  await page.waitForURL((url) => !url.searchParams.has('route'));
});

test('the trace of a failure is a waterfall over the view, with an address of its own', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(PATH);
  const { page } = open;
  const link = section(page, 'Commonest failures')
    .getByRole('link', { name: /^Trace / })
    .first();
  await link.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /^Trace [0-9a-f]{32}$/ });
  await dialog.getByRole('row', { name: /^POST \/\S+ shop \S+ failed/i }).waitFor();
  await dialog.getByRole('row', { name: /^reserve the goods shop .* failed/ }).waitFor();
  await dialog.getByRole('row', { name: /^POST payments shop/ }).waitFor();
  await dialog.getByText(`${HARMFUL.flag}: `).first().waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await open.picture('trace');

  await page.reload();
  await dialog.getByRole('row', { name: /^reserve the goods/ }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.waitForURL((url) => !url.searchParams.has('trace'));
});

test('a flag with one variant says that there is nothing to compare, an unknown one that it is not known', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(`/flags/${ONE_VARIANT.flag}`);
  await open.page
    .getByText(/nothing to compare/)
    .first()
    .waitFor();
  await open.picture('flag-one-variant');

  await using unknown = await suite().visit('/flags/never-seen');
  await unknown.page.getByRole('alert').getByRole('link', { name: 'All flags' }).click();
  await unknown.page.getByRole('heading', { level: 1, name: 'Flags' }).waitFor();
  unknown.forgive(/status of 404/);
});
