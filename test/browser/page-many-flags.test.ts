import { expect, test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite({ isEmpty: true });

const FLAGS = 3000;
const nameOf = (i: number) => `flag-${String(i).padStart(4, '0')}`;

/** How much of the window rows cover, in pixels; in the page, whose types are not ours. */
const COVERED = `[...document.querySelectorAll('.flag-list article')].reduce((sum, row) => {
  const { top, bottom } = row.getBoundingClientRect();
  return sum + Math.max(0, Math.min(innerHeight, bottom) - Math.max(0, top));
}, 0)`;

test('of thousands of flags those in sight are in the page, and all are found, by scrolling, by keyboard and by name', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  // Fewer requests from flag to flag, which is their order.
  const bursts = Array.from({ length: FLAGS }, (_, i) =>
    burstOf(nameOf(i), [{ variant: 'on', succeeded: FLAGS - i, failed: 0 }]),
  );
  await backend.sendMetrics(durationsOf(bursts.flat()));
  await using open = await visit('/');
  const { page } = open;
  await page.getByText('3,000 flags.').waitFor();
  const rows = page.locator('.flag-list > section > ul > li');
  expect(await rows.count()).toBeLessThan(40);
  expect(await rows.first().getAttribute('aria-setsize')).toBe('3000');

  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('k');
  const focused = page.locator(':focus');
  expect(await focused.textContent()).toBe(nameOf(1));

  await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
  await page.getByRole('link', { name: nameOf(FLAGS - 1) }).waitFor();
  expect(await page.evaluate(COVERED)).toBeGreaterThan(600);
  // What has the focus is still there, so that the keyboard goes on from it.
  expect(await focused.textContent()).toBe(nameOf(1));
  await page.keyboard.press('j');
  expect(await focused.textContent()).toBe(nameOf(2));
  await expect.poll(() => focused.evaluate((link) => link.getBoundingClientRect().top)).toBeGreaterThan(0);

  await page.keyboard.press('/');
  await page.keyboard.type('FLAG-2718');
  await page.getByText('1 of 3,000 flags.').waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe('FLAG-2718');
  await page.keyboard.press('Tab');
  await page.getByRole('link', { name: nameOf(2718) }).press('Enter');
  await page.getByRole('heading', { level: 1, name: nameOf(2718) }).waitFor();
  await page.goBack();
  await page.getByText('1 of 3,000 flags.').waitFor();
});
