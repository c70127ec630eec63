import { test } from 'vitest';
import { telltaleUp } from '../support/backend-process.js';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

test('a view whose script does not come is said, and comes by itself with the backend', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  await using open = await visit('/');
  const { page } = open;
  const link = page.getByRole('link', { name: HARMFUL.flag });
  await link.waitFor();
  await page.getByRole('banner').getByText(/^Live/).waitFor();
  await backend.backend.stop('SIGKILL');
  await link.click();
  const notice = page.getByRole('alert').getByText('This view cannot be shown.');
  await notice.waitFor();

  // Other views are there all the same.
  await page.getByRole('link', { name: 'Telltale' }).click();
  await page.getByRole('heading', { level: 1, name: 'Flags' }).waitFor();
  await page.goBack();
  await notice.waitFor();
  await open.picture('failed-view');

  await using _back = await telltaleUp(backend.folder, { apiPort: Number(new URL(backend.url).port) });
  await page.getByRole('heading', { level: 1, name: HARMFUL.flag }).waitFor();
  await page.close();
  open.forgive(/ERR_|(Failed|Unable) to (load|fetch|preload)|network error/i);
});
