import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults, sidewaysScroll } from '../support/page-visit.js';

const suite = pageSuite();

const THEMES = ['light', 'dark'] as const;
const VIEWS = [
  {
    view: 'overview',
    path: '/',
    drawn: async (page: Page) => {
      await page.locator('[data-verdict="roll-back"]').first().waitFor();
      await page.getByText('The comparison is being made.').first().waitFor({ state: 'detached' });
    },
  },
  {
    view: 'flag',
    path: `/flags/${HARMFUL.flag}`,
    drawn: async (page: Page) => {
      await page.locator('[data-verdict="roll-back"]').first().waitFor();
      await page.getByRole('figure', { name: 'Error rate' }).locator('canvas').waitFor();
      await page
        .getByText(/^Loading/)
        .first()
        .waitFor({ state: 'detached' });
    },
  },
  {
    view: 'unknown',
    path: '/flags/no-such-flag',
    drawn: (page: Page) => page.getByRole('alert').waitFor(),
  },
] as const;

test.each(VIEWS.flatMap((view) => THEMES.map((theme) => ({ ...view, theme }))))(
  'axe finds nothing in the view $view, $theme',
  { timeout: 120_000 },
  async ({ view, path, drawn, theme }) => {
    await using open = await suite().visit(path, { theme });
    await drawn(open.page);
    if (view === 'flag') for (const table of await open.page.locator('summary').all()) await table.click();
    expect(await accessibilityFaults(open.page)).toEqual([]);
    await open.picture(`${view}-${theme}`);
    if (view === 'unknown') open.forgive(/status of 404/);
  },
);

test.each(
  VIEWS.filter(({ view }) => view !== 'unknown').flatMap((view) =>
    [360, 1920, 3840].map((width) => ({ ...view, width })),
  ),
)('the view $view fits a screen of $width px', { timeout: 120_000 }, async ({ view, path, drawn, width }) => {
  await using open = await suite().visit(path, { width, height: 1000 });
  await drawn(open.page);
  expect(await sidewaysScroll(open.page)).toBe(0);
  await open.picture(`${view}-${width}`);
});

test('what was chosen as theme is kept, whatever the system prefers', { timeout: 120_000 }, async () => {
  await using open = await suite().visit('/', { theme: 'dark' });
  const { page } = open;
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  await page.getByRole('heading', { level: 1 }).waitFor();
  const dark = await background();
  await page.getByLabel('Theme').selectOption('light');
  const light = await background();
  expect(light).not.toBe(dark);
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(await background()).toBe(light);
});
