import { expect, test } from 'vitest';
import { telltaleUp } from '../support/backend-process.js';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

test('a backend that goes away is said, with what was known, and found again when it is back', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  await using open = await visit(`/flags/${HARMFUL.flag}`);
  const { page } = open;
  const verdict = page.locator('[data-verdict="roll-back"]').first();
  await verdict.waitFor();
  await page.getByRole('banner').getByText(/^Live/).waitFor();

  await backend.backend.stop('SIGKILL');
  const notice = page.getByRole('alert').getByText('The backend does not answer');
  await notice.first().waitFor();
  await page
    .getByRole('banner')
    .getByText(/^Not connected/)
    .waitFor();
  expect(await verdict.isVisible()).toBe(true);
  await open.picture('backend-gone');

  const apiPort = Number(new URL(backend.url).port);
  await using _back = await telltaleUp(backend.folder, { apiPort });
  await page.getByRole('banner').getByText(/^Live/).waitFor();
  await notice.first().waitFor({ state: 'hidden' });
  await verdict.waitFor();
  // Before the backend ends: what is under way then would be one more complaint.
  await page.close();
  open.forgive(/ERR_|Failed to (load|fetch)|network error/i);
});
