import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();
const PATH = `/flags/${HARMFUL.flag}`;

test('a stretch that is marked in a chart is in the address, which shows the same to who opens it; back undoes it', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(PATH);
  const { page } = open;
  const chart = page.getByRole('figure', { name: 'Error rate' }).locator('.plot');
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (box === null) throw new Error('the chart has no box');
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.4, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, middle, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/since=.*until=/);
  const marked = page.url();
  const { searchParams } = new URL(marked);
  const [since = '', until = ''] = ['since', 'until'].map((name) => searchParams.get(name) ?? '');
  expect(Date.parse(until) - Date.parse(since)).toBeGreaterThan(5 * 60_000);
  const window = page.locator(`.flag-head time[datetime^="${until.slice(0, 19)}"]`);
  await window.waitFor();
  await page.getByRole('banner').getByText(/^Past/).waitFor();

  await using other = await suite().visit(marked.slice(suite().backend.url.length));
  await other.page.locator(`.flag-head time[datetime^="${until.slice(0, 19)}"]`).waitFor();
  const verdict = (of: Page) => of.locator('.treatment .lead').textContent();
  expect(await verdict(other.page)).toBe(await verdict(page));

  await page.goBack();
  await page.getByRole('banner').getByText(/^Live/).waitFor();
  expect(new URL(page.url()).search).toBe('');
});
