import { test } from 'vitest';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

test('ages are by the clock of the backend, whatever that of the browser says', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/');
  const { page } = open;
  for (const hours of [5, -5]) {
    await page.clock.setFixedTime(Date.now() + hours * 3_600_000);
    await page.reload();
    await page
      .getByRole('banner')
      .getByText(/last telemetry (\d+ s|\d min) ago/)
      .waitFor();
  }
});
