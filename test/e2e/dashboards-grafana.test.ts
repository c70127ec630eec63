import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GRAFANA_SOURCES } from '../../src/dashboards/grafana.js';
import { telltale } from '../support/backend-process.js';

const run = (...args: string[]) => telltale(['dashboards', 'grafana', ...args]);

test.each(GRAFANA_SOURCES)('--source %s prints the dashboard', async (source) => {
  const { code, stdout, stderr } = await run('--source', source);
  expect([code, stderr]).toEqual([0, '']);
  const file = new URL(`../../dashboards/grafana-${source}.json`, import.meta.url);
  expect(stdout).toBe(readFileSync(file, 'utf8'));
});

test('a flag of any characters is a value of JSON', async () => {
  const flag = `'"\\\n\${x} %27 \u{1F3B2}`;
  const { stdout } = await run('--flag', flag);
  expect(JSON.parse(stdout).templating.list[1].current).toEqual({ text: flag, value: flag });
});

test.each([
  [['--flag', ''], '--flag is empty'],
  [
    ['--source', 'datadog'],
    '--source must be one of prometheus, prometheus-native, clickhouse; it is "datadog".',
  ],
  [['--out', 'x'], "Unknown option '--out'"],
  [['new-checkout'], 'does not take "new-checkout"'],
])('%j ends with 64', async (args, text) => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(text)]);
});
