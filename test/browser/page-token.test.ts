import { expect, test } from 'vitest';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults } from '../support/page-visit.js';

const TOKEN = 'the-token-of-this-test';
const suite = pageSuite({ token: TOKEN });

test('where a token is asked for the page asks too, says that one is wrong, and puts it in no address', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  await using open = await visit(`/flags/${HARMFUL.flag}`);
  const { page } = open;
  await page.getByRole('heading', { name: 'asks for its read token' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await open.picture('token');

  await page.getByLabel('Read token').fill('another');
  await page.getByRole('button', { name: 'Show the page' }).click();
  await page.getByRole('alert').getByText('The token was refused').waitFor();

  await page.getByLabel('Read token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: HARMFUL.flag }).waitFor();
  await page.getByRole('banner').getByText(/^Live/).waitFor();

  // Kept for this tab.
  await page.reload();
  await page.getByRole('heading', { level: 1, name: HARMFUL.flag }).waitFor();
  const asked = open.requested.filter((url) => url.startsWith(`${backend.url}/api/`));
  expect(asked.length).toBeGreaterThan(0);
  expect([page.url(), ...open.requested].filter((url) => url.includes(TOKEN))).toEqual([]);

  // Another tab of the same browser has none, and takes nothing from this one.
  const tab = await open.context.newPage();
  await tab.goto(page.url());
  await tab.getByRole('banner').getByText('Token needed').waitFor();
  expect(await page.getByRole('banner').textContent()).toMatch(/Live, /);
  await tab.getByLabel('Read token').fill(TOKEN);
  await tab.keyboard.press('Enter');
  for (const each of [tab, page]) await each.getByRole('banner').getByText(/^Live/).waitFor();

  // Not for another.
  await using other = await visit(`/flags/${HARMFUL.flag}`);
  await other.page.getByLabel('Read token').waitFor();
  for (const each of [open, other]) each.forgive(/status of 401/);
});
