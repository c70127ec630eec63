import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { FINE, HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

const focused = (page: Page) =>
  page.evaluate(
    'document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""',
  );

test('the overview by keyboard: skip, search, from row to row, open, and back', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/');
  const { page } = open;
  await page.locator('[data-verdict="roll-back"]').first().waitFor();

  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to the content');
  await open.picture('keyboard-skip');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement?.id')).toBe('content');

  await page.keyboard.press('/');
  expect(await page.evaluate('document.activeElement?.getAttribute("type")')).toBe('search');
  await page.keyboard.type('new');
  await page.getByRole('link', { name: FINE.flag }).waitFor({ state: 'detached' });
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.getByRole('link', { name: FINE.flag }).waitFor();

  // Out of the search and the lists, where letters are text.
  for (let i = 0; i < 4; i += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(HARMFUL.flag);
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(FINE.flag);
  await open.picture('keyboard-row');
  await page.keyboard.press('ArrowUp');
  expect(await focused(page)).toBe(HARMFUL.flag);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: HARMFUL.flag }).waitFor();
  expect(await page.evaluate('document.activeElement?.id')).toBe('content');
  await page.goBack();
  await expect.poll(() => focused(page)).toBe(HARMFUL.flag);
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(FINE.flag);
});

test('what is given to the view of a flag keeps the focus there', { timeout: 120_000 }, async () => {
  await using open = await suite().visit(`/flags/${HARMFUL.flag}?verdict=alert`);
  const { page } = open;
  const service = page.getByLabel('Service');
  await service.fill(HARMFUL.service);
  await service.press('Enter');
  await page.waitForURL(/service=shop/);
  expect(await page.evaluate('document.activeElement?.name')).toBe('service');

  const toggle = page.getByRole('button', { name: 'From, to' });
  await toggle.press('Enter');
  await page.getByLabel('To (empty: now)').fill('2030-01-01T00:00:00');
  await page.getByLabel('From', { exact: true }).fill('2026-01-01T00:00:00');
  await page.getByRole('button', { name: 'Show' }).press('Enter');
  await page.waitForURL(/since=2026/);
  expect(await focused(page)).toBe('From, to');
  await page.goBack();
  await page.goBack();
  await expect.poll(() => service.inputValue()).toBe('');

  // Home is the overview as it was narrowed.
  await page.getByRole('link', { name: 'Telltale' }).press('Enter');
  await page.waitForURL((url) => url.pathname === '/' && url.search === '?verdict=alert');
});

test('all that can be done in the view of a flag is reached by Tab, in the order it is read, and seen to be', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(`/flags/${HARMFUL.flag}`);
  const { page } = open;
  await page.getByRole('figure', { name: 'Error rate' }).locator('canvas').waitFor();
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached' });
  const reached: { readonly index: number; readonly outlined: boolean }[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const at = (await page.evaluate(FOCUS)) as { index: number; outlined: boolean };
    if (at.index < 0 || at.index < (reached.at(-1)?.index ?? -1)) break;
    reached.push(at);
  }
  expect(reached.filter(({ outlined }) => !outlined)).toEqual([]);
  const indices = reached.map(({ index }) => index);
  expect(indices).toEqual([...new Set(indices)]);
  // Of a group of radio buttons Tab reaches the chosen one; of tabs the open one.
  expect(indices).toEqual(await page.evaluate(REACHABLE));
});

const ALL = `[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]`;
const FOCUS = `(() => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return { index: ${ALL}.indexOf(at), outlined: outlineStyle !== 'none' && outlineWidth !== '0px' };
})()`;
const REACHABLE = `${ALL}.flatMap((each, index) =>
  each.checkVisibility() && each.tabIndex >= 0 && !each.disabled && !(each.type === 'radio' && !each.checked) ? index : [])`;
