import { expect, test } from 'vitest';
import { FINE } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

/** Keeps what a screen reader would be told to say: each text that is put into a live region, as it stands then. */
const LISTEN = `
  window.spoken = [];
  const region = (node) => (node instanceof Element ? node : node.parentElement)?.closest('[role=alert], [role=status]');
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      for (const at of [target, ...addedNodes]) {
        const text = region(at)?.textContent;
        if (text) window.spoken.push(text);
      }
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
`;

test('that the source fails is said once, not each time that it was longer ago', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/');
  const { page } = open;
  await page.getByRole('link', { name: FINE.flag }).waitFor();
  await page.evaluate(LISTEN);
  const message = 'The store does not answer.';
  await page.route('**/api/v1/overview*', (route) =>
    route.fulfill({ status: 502, json: { error: { code: 'source', message } } }),
  );
  // What was known stays, with its age.
  await page.getByLabel('Service').selectOption(FINE.service);
  await page.getByRole('alert').getByText(message).waitFor();
  await page.goBack();
  const age = page.locator('.notice time');
  await age.waitFor();
  const [first, spoken] = [await age.textContent(), await page.evaluate('window.spoken.length')];
  await expect.poll(() => age.textContent(), { timeout: 30_000 }).not.toBe(first);
  const later = (await page.evaluate(`window.spoken.slice(${spoken})`)) as string[];
  expect(later.filter((text) => text.includes(message))).toEqual([]);
  open.forgive(/status of 502/);
});
