import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Finished, TELLTALE, telltale } from '../support/backend-process.js';
import { HARMFUL, HOSTILE } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite();

const exported = (page: Page) => page.getByRole('region', { name: 'Export', exact: true });

async function saved(page: Page, button: string | RegExp): Promise<string> {
  const saving = page.waitForEvent('download');
  await exported(page).getByRole('button', { name: button }).click();
  const path = join(suite().backend.folder, `exported-${Date.now()}.json`);
  copyFileSync(await (await saving).path(), path);
  await exported(page).getByRole('status').getByText('Saved.').waitFor();
  return path;
}

/** Runs a line as a user pastes it, with `telltale` being ours. */
function inShell(line: string): Promise<Finished> {
  const script = `telltale() { "$NODE" "$TELLTALE" "$@"; }\n${line}`;
  const env = { ...process.env, NODE: process.execPath, TELLTALE };
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test('evidence that was saved gives telltale verdict the verdict of the page', {
  timeout: 120_000,
}, async () => {
  await using open = await suite().visit(`/flags/${HARMFUL.flag}?alpha=0.01`);
  const { page } = open;
  const file = await saved(page, /^Evidence of on/);
  const { stdout } = await telltale(['verdict', file]);
  expect(stdout).toContain('ROLL BACK');
  const sentence = await page
    .getByRole('region', { name: /^on against off/ })
    .locator('.lead')
    .textContent();
  expect(stdout).toContain(sentence);
  // With the parameters of the view.
  const errors = page.getByText(/^Errors: ratio .*: that takes 100 to 1 /);
  expect(stdout).toContain(await errors.textContent());
  await open.picture('flag-export');
});

test.each([HARMFUL, ...HOSTILE])(
  'the line for a pipeline does what the page shows, flag %#',
  { timeout: 120_000 },
  async ({ flag }) => {
    await using open = await suite().visit(`/flags/${encodeURIComponent(flag)}`);
    const { page } = open;
    const line = await exported(page).getByRole('group', { name: 'Line for a pipeline' }).textContent();
    const { code, stdout } = await inShell(line ?? '');
    expect(stdout).toMatch(/: (ROLL BACK|HOLD)/);
    expect(code).toBe(flag === HARMFUL.flag ? 10 : 20);
  },
);

test('dashboards are saved as they are imported', { timeout: 120_000 }, async () => {
  await using open = await suite().visit(`/flags/${HARMFUL.flag}`);
  const dashboard = JSON.parse(
    readFileSync(await saved(open.page, 'Grafana, from Prometheus (JSON)'), 'utf8'),
  );
  expect(dashboard.panels.length).toBeGreaterThan(0);
});
