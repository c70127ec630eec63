import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { telltale, temporaryFolder } from '../support/backend-process.js';

const CHECKED_IN = join(import.meta.dirname, '../../dashboards/datadog');
const run = (...args: string[]) => telltale(['dashboards', 'datadog', ...args]);

test('prints the dashboard, for all flags or one', async () => {
  const [all, one] = await Promise.all([run(), run('--flag', 'new-checkout')]);
  expect([all.code, all.stderr, one.code, one.stderr]).toEqual([0, '', 0, '']);
  expect(all.stdout).toBe(readFileSync(join(CHECKED_IN, 'dashboard.json'), 'utf8'));
  expect(one.stdout).toBe(readFileSync(join(CHECKED_IN, 'new-checkout/dashboard.json'), 'utf8'));
});

test('--out writes all files of a flag, about the service, environment, variants and threshold given', async () => {
  const folder = temporaryFolder();
  try {
    const out = join(folder, 'new', 'folder');
    const selection = [
      '--service',
      'shop',
      '--env',
      'prod',
      '--control',
      'old',
      '--treatment',
      'new',
      '--slow',
      '300ms',
    ];
    const { code, stdout, stderr } = await run('--flag', 'new-checkout', ...selection, '--out', out);
    expect([code, stderr]).toEqual([0, '']);
    const written = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(stdout.trim().split('\n').sort()).toEqual(written.sort());
    const slow = JSON.parse(readFileSync(join(out, 'monitors/slow-share.json'), 'utf8'));
    expect(slow.query).toMatch(
      /^sum\(last_30m\):default_zero\(count\(v: v>0\.297301779\):telltale\.operation\.duration\{feature_flag\.key:new-checkout,service:shop,env:prod,.*,feature_flag\.result\.variant:new\}\.as_count\(\)\) - /,
    );
    expect(slow.name).toBe('Feature flag new-checkout: slow requests of new against old');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('--estimate prints what each metric is billed as, what dominates and how to lower it', async () => {
  const { code, stdout } = await run('--estimate', '--flags', '5', '--instances', '4');
  expect(code).toBe(0);
  expect(stdout).toContain('5 flags x 2 variants x 20 routes x 3 statuses x 4 instances');
  expect(stdout).toMatch(/telltale\.operation\.duration +2,400 +12,000 +24,000\n/);
  expect(stdout).toMatch(/total +5,000 +14,600 +26,600\n/);
  expect(stdout).toContain('telltale.operation.duration is 90.2 % of it');
  // Of 24,000, a quarter is left without four instances.
  expect(stdout).toContain('takes 18,000 off what is indexed');
  const small = await run('--estimate', '--routes', '1', '--statuses', '1');
  expect(small.stdout).toContain('telltale.unit.operations is 21.3 % of it');
  expect(small.stdout).not.toContain('metric-tags.json');
});

test.each([
  [['--estimate', '--routes', '0'], '--routes must be a whole number from 1 to 1000000; it is "0".'],
  [['--estimate', '--variants', '2.5'], '--variants must be a whole number'],
  [['--estimate', '--instances', '-1'], "'--instances' argument is ambiguous"],
  [
    ['--estimate', '--flags', '1000000', '--routes', '1000000', '--instances', '1000000'],
    'are more custom metrics than can be counted',
  ],
  [['--estimate', '--flag', 'x'], '--estimate counts metrics, and takes no --flag'],
  [['--routes', '3'], '--routes is for --estimate'],
  [['--flag', ''], '--flag is empty'],
  [['--treatment', 'on'], '--treatment is of a flag'],
  [['--flag', 'x', '--treatment', 'off'], '--treatment and --control are both "off"'],
  [['--slow', '250'], 'such as 300ms'],
  [['--flag', 'x', '--out', '/dev/null/x'], '--out /dev/null/x cannot be written'],
  [['new-checkout'], 'does not take "new-checkout"'],
])('%j ends with 64', async (args, text) => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(text)]);
});
