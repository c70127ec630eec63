import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

const ROOT = join(import.meta.dirname, '../..');

describe("dashboards/prometheus-alerts.yaml, by Prometheus' own promtool", needsTool('promtool'), () => {
  const promtool = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(toolPath('promtool'), args, { cwd: ROOT });
    return stdout;
  };

  it('is a file of rules', async () => {
    expect(
      await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'dashboards/prometheus-alerts.yaml'),
    ).toContain('SUCCESS: 7 rules found');
  });

  it('alerts on what it should, and on nothing else', async () => {
    // Ends with an error, and says what differs, where an alert or a value is another.
    expect(await promtool('test', 'rules', 'test/fixtures/prometheus-alerts.test.yaml')).toContain('SUCCESS');
  });
});
