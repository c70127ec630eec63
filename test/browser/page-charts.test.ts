import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { HARMFUL, HOSTILE } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults } from '../support/page-visit.js';

const suite = pageSuite();
/** A view asks three questions, and drawing takes its time where the machine is busy. */
vi.setConfig({ testTimeout: 120_000 });
const PATH = `/flags/${encodeURIComponent(HARMFUL.flag)}`;

const chart = (page: Page, name: string | RegExp) => page.getByRole('figure', { name });
const moment = (page: Page) => page.getByRole('slider', { name: 'Moment' });

/** Presses the mouse on a chart and goes along its axis; parts of its width. */
async function drag(page: Page, figure: Locator, from: number, to: number): Promise<void> {
  const canvas = figure.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('expected a chart that is seen, got none');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + from * box.width, y);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, y, { steps: 4 });
}

const range = (page: Page) => {
  const { searchParams } = new URL(page.url());
  return ['since', 'until'].map((name) => Date.parse(searchParams.get(name) ?? ''));
};

test('a stretch that is marked on a chart becomes the time range, and Reset goes back', async () => {
  await using visit = await suite().visit(PATH);
  const { page } = visit;
  const errors = chart(page, 'Error rate');
  // What comes above a chart moves it away from under the pointer.
  await errors.waitFor();
  await expect.poll(() => page.getByText(/^Loading/).count(), { timeout: 60_000 }).toBe(0);
  await drag(page, errors, 0.4, 0.8);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(page.url()).not.toContain('since');

  await drag(page, errors, 0.8, 0.4);
  await page.mouse.up();
  const [since = 0, until = 0] = range(page);
  expect(until).toBeGreaterThan(since);
  // Both charts of what is shown ask for it.
  const asked = (what: string) => visit.requested.some((url) => url.includes(`/${what}?since=`));
  await expect.poll(() => asked('course') && asked('latency'), { timeout: 60_000 }).toBe(true);

  await page.getByRole('button', { name: 'Reset the time range' }).click();
  expect(range(page)).toEqual([Number.NaN, Number.NaN]);
  await page.goBack();
  expect(range(page)).toEqual([since, until]);
});

test('a release is replayed by keyboard, and shown as of a moment', async () => {
  await using visit = await suite().visit(PATH);
  const { page } = visit;
  await moment(page).focus();
  const now = await moment(page).getAttribute('aria-valuetext');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  expect(await moment(page).inputValue()).toBe('1');
  expect(await moment(page).getAttribute('aria-valuetext')).not.toBe(now);
  // Beside the verdict: how many failed, of how many.
  const failed = page.getByRole('group', { name: 'What was known then' }).getByRole('cell').nth(1);
  const [early, all] = [await failed.textContent(), 'the last moment'];
  expect(await page.getByText(all).count()).toBe(0);

  await page.getByRole('button', { name: 'Play' }).press('Enter');
  await page.getByText(all).waitFor();
  expect(await failed.textContent()).not.toBe(early);

  await page.getByRole('button', { name: 'Step back' }).press('Enter');
  const at = await page.locator('.replay time').getAttribute('datetime');
  await page.getByRole('link', { name: 'Open as of then' }).press('Enter');
  expect(range(page)[1]).toBe(Date.parse(at ?? ''));
});

test.each(['light', 'dark'] as const)('a chart is saved as it is seen: %s', async (theme) => {
  await using visit = await suite().visit(PATH, { theme });
  const { page } = visit;
  const latency = chart(page, /doubling/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    latency.getByRole('button', { name: /PNG/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('Share-of-requests-per-doubling-of-duration.png');
  const picture = await readFile(await download.path());
  const [red, colors] = await cornerAndColors(page, picture.toString('base64'));
  if (theme === 'light') expect(red).toBeGreaterThan(200);
  else expect(red).toBeLessThan(60);
  // Two variants, text and lines.
  expect(colors).toBeGreaterThan(4);
});

/** The red of the first pixel, and how many colours there are. */
async function cornerAndColors(page: Page, base64: string): Promise<[number, number]> {
  return page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${base64}'), (sign) => sign.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
    pen.drawImage(image, 0, 0);
    const pixels = pen.getImageData(0, 0, image.width, image.height).data;
    return [pixels[0], new Set(new Uint32Array(pixels.buffer)).size];
  })()`);
}

/** Points at the middle of a chart, until it shows that it is pointed at. */
async function pointAt(figure: Locator): Promise<void> {
  const canvas = figure.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const before = await canvas.screenshot();
  await canvas.hover();
  await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(false);
}

test('each chart has its numbers, and the pointer says those of a moment', async () => {
  await using visit = await suite().visit(PATH);
  const { page } = visit;
  await chart(page, /Ratio of errors/).waitFor();
  await page.getByText(/Times are in [A-Z]\S+\.$/).waitFor();
  for (const figure of await page.getByRole('figure').all()) {
    await figure.getByText('Numbers').click();
    await expect.poll(() => figure.getByRole('row').count()).toBeGreaterThan(5);
  }
  await pointAt(chart(page, 'Error rate'));
  await page.mouse.move(0, 0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await visit.picture('charts-with-numbers');
});

test('what is said at the pointer takes no name of a variant for markup', async () => {
  await using visit = await suite().visit(`/flags/${encodeURIComponent(HOSTILE[0]?.flag ?? '')}`);
  const { page } = visit;
  for (const name of ['Error rate', /doubling/]) {
    await pointAt(chart(page, name));
    expect(await page.locator('main img, main script').count()).toBe(0);
  }
});
