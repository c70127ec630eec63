// Where the workers run: in this repository on OpenTelemetry JS SDK 3, and in a folder of their own on SDK 2, which
// cannot share a tree with it.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const WORKERS = join(import.meta.dirname, '../workers');

/** Workers on SDK 3. They import what `npm run build` made. */
export const sdk3 = WORKERS;

let prepared;

/**
 * Workers on SDK 2, beside the package as it would be published; installed by the first caller.
 *
 * @returns {Promise<string>}
 */
export function sdk2() {
  prepared ??= prepare();
  return prepared;
}

/** Takes away what {@link sdk2} made. */
export async function removeFolders() {
  if (prepared !== undefined) await rm(join(await prepared, '..'), { recursive: true, force: true });
}

async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  await cp(join(ROOT, 'test/sdk2/package.json'), join(folder, 'package.json'));
  await exec('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder });
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await exec('npm', pack, { cwd: ROOT });
  const [{ filename }] = Object.values(JSON.parse(stdout));
  // Unpacked by hand: an installation would check the versions of everything else again.
  const target = join(folder, 'node_modules/telltale');
  await mkdir(target, { recursive: true });
  await exec('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  await cp(WORKERS, join(folder, 'workers'), { recursive: true });
  return join(folder, 'workers');
}
