import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drawPictures, withTables } from '../support/pictures/index.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const simulated = JSON.parse(read('bench/statistics.json'));

it('the pictures of docs/statistics.md are those that build/statistics-pictures.js draws', () => {
  const drawn = drawPictures(simulated);
  const kept = Object.fromEntries(Object.keys(drawn).map((name) => [name, read(`docs/pictures/${name}`)]));
  expect(kept).toEqual(drawn);
  const page = read('docs/statistics.md');
  for (const name of Object.keys(drawn)) expect(page).toContain(`(pictures/${name})`);
});

it('the tables of docs/statistics.md are those of the last bench', () => {
  const page = read('docs/statistics.md');
  expect(page).toBe(withTables(page, simulated));
});
