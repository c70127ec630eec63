import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Nothing here can build an image: what the Dockerfile names is compared with what there is.
const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const dockerfile = read('Dockerfile');
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };

const kept = [...dockerfile.matchAll(/'dependencies\.(\S+)=\*'/g)].map(([, name]) => `${name}`);

test('what the Dockerfile copies is there', () => {
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, source]) => `${source}`);
  expect(copies).toContain('bin');
  for (const source of copies) expect(existsSync(join(ROOT, source)), source).toBe(true);
});

test('all stages begin from the Node that everything is tested on', () => {
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => `${image}`);
  expect(new Set(images)).toEqual(new Set([`node:${devDependencies['node']}-bookworm-slim`]));
});

test('it keeps every package that the shop imports, and none that is not installed', () => {
  const shop = join(ROOT, 'examples/shop');
  const files = readdirSync(shop).filter((file) => file.endsWith('.js'));
  const imports = files.flatMap((file) => [
    ...readFileSync(join(shop, file), 'utf8').matchAll(/from '(?!node:|telltale|\.)([^']+)'/g),
  ]);
  expect(imports.length).toBeGreaterThan(0);
  for (const [, name] of imports) expect(kept).toContain(name);
  for (const name of kept) expect(devDependencies).toHaveProperty([name]);
});
