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
const MANIFEST = join(TESTS, 'sdk2/package.json');
const HOUR_MS = 3_600_000;

/**
 * A folder in which OpenTelemetry JS SDK 2 and the packed Telltale are installed, outside of this repository, whose
 * own packages would be found from below it. Named by what is in it, so that tests and benches share one.
 */
export async function sdk2Folder(): Promise<string> {
  const fresh = mkdtempSync(join(tmpdir(), 'telltale-sdk2-new-'));
  try {
    const tarball = await packInto(fresh);
    const content = createHash('sha256').update(readFileSync(MANIFEST)).update(readFileSync(tarball));
    const folder = join(tmpdir(), `telltale-sdk2-${content.digest('hex').slice(0, 16)}`);
    removeUnused();
    if (existsSync(folder)) {
      utimesSync(folder, new Date(), new Date());
      return folder;
    }
    cpSync(MANIFEST, join(fresh, 'package.json'));
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--no-save', tarball];
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

/** A copy of the fixtures beside SDK 2. */
export async function sdk2Fixtures(): Promise<Fixtures> {
  const folder = mkdtempSync(join(await sdk2Folder(), 'fixtures-'));
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
  for (const old of globSync(join(tmpdir(), 'telltale-sdk2-*'))) {
    const usedMs = statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (usedMs < Date.now() - HOUR_MS) rmSync(old, { recursive: true, force: true });
  }
}
