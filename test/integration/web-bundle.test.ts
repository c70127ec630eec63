import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleForBrowser, type PageBundle } from '../support/web-bundle.js';

const DIST = join(import.meta.dirname, '../../dist');

// LaunchDarkly's takes a client, and tells one of another SDK by its shape.
const BUDGETS = [
  ['hooks/web', 3_500],
  ['hooks/launchdarkly-web', 4_500],
] as const;

describe.each(BUDGETS)('dist/%s.js, bundled for browsers', (entry, budget) => {
  let bundle: PageBundle;
  beforeAll(async () => {
    bundle = await bundleForBrowser(join(DIST, `${entry}.js`), ['@opentelemetry/api']);
  });

  it('asks for nothing but the OpenTelemetry API', () => {
    expect(bundle.imports).toEqual(['@opentelemetry/api']);
    expect(bundle.code.includes('feature_flag.evaluation')).toBe(true);
  });

  it.each([/node:/, /\brequire\b/, /\bprocess\b/, /\bBuffer\b/, /\bglobal\b/, /TELLTALE_/])(
    'has no %s',
    (name) => {
      expect(name.exec(bundle.code)).toBeNull();
    },
  );

  it(`takes less than ${budget} bytes, minified and gzipped`, () => {
    const bytes = gzipSync(bundle.code, { level: 9 }).length;
    expect(bytes).toBeGreaterThan(2_000);
    expect(bytes).toBeLessThan(budget);
  });
});
