import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder for each Go program that tests run beside ours, with the module that it is built from. */
export const MODULES: string = join(import.meta.dirname, '../tools');

/** Where the built ones stay, for every checkout. */
export const CACHE: string = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'telltale',
  'tools',
);

/** How they are built: Prometheus without its clients of 25 clouds, which no test asks and which are most of it. */
export const BUILD_FLAGS: readonly string[] = ['-trimpath', '-tags=remove_all_sd'];

/** Where a program is once `npm run tools` has built it: what it is built from names the folder. */
export function toolPath(name: string): string {
  const hash = createHash('sha256').update(BUILD_FLAGS.join(' '));
  const folder = join(MODULES, name);
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}`, name);
}
