import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Packs what is built, as it would be published.
 *
 * @returns The tarball's path, in `folder`.
 */
export async function packInto(folder: string): Promise<string> {
  // Without scripts, because `prepare` would build anew under the other tests.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT });
  const packed = JSON.parse(stdout) as Record<string, { filename: string }> | { filename: string }[];
  return join(folder, Object.values(packed)[0]?.filename ?? '');
}
