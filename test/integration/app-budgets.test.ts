import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../../bench');

/** What one of the bench's modules prints when `code` is run with it. */
async function evaluate(code: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return JSON.parse(stdout);
}

test('the entry points of an Express application take less than 12 kB in a bundle', async () => {
  const bundle = JSON.stringify(join(BENCH, 'support/bundle.js'));
  const bytes = await evaluate(
    `import { bundledBytes, ENTRIES } from ${bundle}; console.log(await bundledBytes(ENTRIES));`,
  );
  expect(bytes).toBeGreaterThan(4_000);
  expect(bytes).toBeLessThan(12_000);
});

test('hundreds of thousands of evaluations of more flags, variants and users than the limits leave nothing behind', async () => {
  const options = JSON.stringify({ evaluations: 300_000 });
  const { stdout } = await run(process.execPath, ['--expose-gc', join(BENCH, 'workers/soak.js'), options]);
  const kept = JSON.parse(stdout);
  expect(kept.growthBytes).toBeLessThan(5 * 2 ** 20);
  expect(kept.counted).toBe(300_000);
  expect(kept.sets).toBeLessThanOrEqual(1_900);
  expect(kept.overflows).toBe(0);
  for (const reason of ['metric_flags', 'flag_variants', 'attribute_sets', 'routes', 'unit_sets']) {
    expect(kept.drops[reason], reason).toBeGreaterThan(0);
  }
}, 120_000);
