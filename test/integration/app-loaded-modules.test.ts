import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fixture } from '../support/app-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Everything but Node's own modules that importing `entry` loads, relative to the package. */
async function loadedBy(entry: string): Promise<string[]> {
  const code = `await import(${JSON.stringify(entry)});`;
  const args = ['--import', fixture('app-print-modules'), '--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const urls = stdout.split('\n').filter((url) => url.startsWith('file:'));
  return [...new Set(urls.map((url) => fileURLToPath(url).slice(ROOT.length)))];
}

describe.each([
  'telltale',
  'telltale/express',
  'telltale/fastify',
  'telltale/koa',
  'telltale/hono',
  'telltale/http',
  'telltale/openfeature',
  'telltale/launchdarkly',
  'telltale/launchdarkly-web',
  'telltale/web',
  'telltale/unleash',
  'telltale/growthbook',
  'telltale/configcat',
  'telltale/split',
  'telltale/statsig',
  'telltale/flagsmith',
  'telltale/posthog',
  'telltale/devcycle',
  'telltale/optimizely',
  'telltale/flipt',
  'telltale/vercel-flags',
  'telltale/feature-management',
  'telltale/pino',
  'telltale/winston',
  'telltale/dd-trace',
])('importing %s', (entry) => {
  it('loads nothing but its own half and the OpenTelemetry API', async () => {
    const loaded = await loadedBy(entry);
    expect(loaded.length).toBeGreaterThan(5);
    const allowed = /^(dist\/(index\.js|(chunks|hooks|http|logs)\/)|node_modules\/@opentelemetry\/api\/)/;
    expect(loaded.filter((path) => !allowed.test(path))).toEqual([]);
  });
});

describe('importing telltale/node', () => {
  it('loads no SDK', async () => {
    const loaded = await loadedBy('telltale/node');
    const allowed = /^(dist\/(chunks|node)\/|node_modules\/@opentelemetry\/api\/)/;
    expect(loaded.filter((path) => !allowed.test(path))).toEqual([]);
  });
});

describe('importing telltale/stats', () => {
  it('loads pure functions alone', async () => {
    const loaded = await loadedBy('telltale/stats');
    expect(loaded).toContain('dist/stats/verdict.js');
    expect(loaded.filter((path) => !path.startsWith('dist/stats/'))).toEqual([]);
  });
});

describe('importing telltale/instrumentation', () => {
  it('loads no SDK, no framework and no flag SDK', async () => {
    const loaded = await loadedBy('telltale/instrumentation');
    expect(loaded).toContain('dist/node/instrumentation.js');
    expect(
      loaded.filter((path) =>
        /node_modules\/(@opentelemetry\/sdk-|express|@openfeature|@launchdarkly)/.test(path),
      ),
    ).toEqual([]);
  });
});
