import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packInto } from './packed.js';

const TESTS = join(import.meta.dirname, '..');
const HOUR_MS = 3_600_000;

/** Packages that cannot be in one tree with this repository's: each has its manifest in a folder of that name. */
export type Installation = 'sdk2' | 'express4';

/** A package that is too large for that tree: it has its manifest in the same way, and no Telltale beside it. */
type Large = 'datadog-client';

/**
 * A folder in which such packages and the packed Telltale are installed, outside of this repository, whose own
 * packages would be found from below it. Named by what is in it, so that tests share one.
 */
export async function installedFolder(name: Installation | Large): Promise<string> {
  const manifest = join(TESTS, name, 'package.json');
  const fresh = mkdtempSync(join(tmpdir(), `telltale-test-${name}-new-`));
  try {
    const tarballs = name === 'datadog-client' ? [] : [await packInto(fresh)];
    const content = createHash('sha256').update(readFileSync(manifest));
    for (const tarball of tarballs) content.update(readFileSync(tarball));
    const folder = join(tmpdir(), `telltale-test-${name}-${content.digest('hex').slice(0, 16)}`);
    removeUnused();
    if (existsSync(folder)) {
      utimesSync(folder, new Date(), new Date());
      return folder;
    }
    cpSync(manifest, join(fresh, 'package.json'));
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--no-save', ...tarballs];
    await promisify(execFile)('npm', args, { cwd: fresh });
    moveTo(folder, fresh);
    return folder;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The fixtures in a folder from which they find the packages wanted. */
export interface Fixtures extends Disposable {
  readonly folder: string;
}

/** A copy of the fixtures beside what is installed under that name. */
export async function installedFixtures(name: Installation): Promise<Fixtures> {
  const folder = mkdtempSync(join(await installedFolder(name), 'fixtures-'));
  cpSync(join(TESTS, 'fixtures'), folder, { recursive: true });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Another test file may have been faster; what it made is the same. */
function moveTo(folder: string, fresh: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Every build makes another folder of 110 MB. What nobody asked for within an hour is of no build any more. */
function removeUnused(): void {
  for (const old of globSync(join(tmpdir(), 'telltale-test-*'))) {
    const usedMs = statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (usedMs < Date.now() - HOUR_MS) rmSync(old, { recursive: true, force: true });
  }
}
