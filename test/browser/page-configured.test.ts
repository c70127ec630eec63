import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { temporaryFolder } from '../support/backend-process.js';
import { HARMFUL } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const cwd = temporaryFolder();
writeFileSync(
  join(cwd, 'telltale.config.json'),
  JSON.stringify({ flags: { [HARMFUL.flag]: { slow: '30ms', 'margin-errors': 3 } } }),
);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const suite = pageSuite({ cwd });

test('what is configured for a flag counts in its view as in the overview, and stands in the address', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit('/?env=prod');
  const { page } = open;
  // As in the file, down to where a bucket ends.
  const slow = 'Slower than 26.3 ms';
  await page.getByText(slow).waitFor();
  await page.getByRole('link', { name: HARMFUL.flag }).click();
  await page.waitForURL(/[?]slow=30ms&margin-errors=3&env=prod$/);
  await page.getByRole('rowheader', { name: slow }).waitFor();
  await page.getByText(' --slow=30ms --margin-errors=3 --env=prod new-checkout').waitFor();
});
