import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const README = readFileSync(new URL('README.md', ROOT), 'utf8');

test.each(['page-overview', 'page-flag'])(
  'the README shows %s, as wide as a window and not large to load',
  (name) => {
    const path = `docs/pictures/${name}.png`;
    expect(README).toContain(`](${path})`);
    const picture = readFileSync(new URL(path, ROOT));
    expect(picture.subarray(12, 16).toString()).toBe('IHDR');
    expect(picture.readUInt32BE(16)).toBe(1280);
    expect(picture.length).toBeLessThan(200_000);
  },
);
