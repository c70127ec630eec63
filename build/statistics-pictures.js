// node build/statistics-pictures.js: draws the pictures and tables of docs/statistics.md anew, from simulated releases at
// fixed seeds and from what `npm run bench:statistics` left in bench/statistics.json.
import '../bench/support/typescript.js';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { drawPictures, withTables } = await import('../test/support/pictures/index.js');

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/statistics.md');
const simulated = JSON.parse(readFileSync(join(ROOT, 'bench/statistics.json'), 'utf8'));
const folder = join(ROOT, 'docs/pictures');
mkdirSync(folder, { recursive: true });
for (const [name, svg] of Object.entries(drawPictures(simulated))) writeFileSync(join(folder, name), svg);
writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), simulated));
