import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');

/** The entry points whose size is pinned: what an Express application with OpenFeature loads. */
export const ENTRIES = ['http/express', 'hooks/openfeature'];

/**
 * Bytes of those entry points of the build together, minified and gzipped, as a bundler would ship them.
 *
 * @param {readonly string[]} entries Paths under `dist`, without their ending.
 * @returns {Promise<number>}
 */
export async function bundledBytes(entries) {
  const code = entries.map((entry) => `export * from ${JSON.stringify(join(ROOT, 'dist', `${entry}.js`))};`);
  const bundle = await rolldown({
    input: 'entry',
    external: [/^node:/, '@opentelemetry/api'],
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? code.join('\n') : null),
      },
    ],
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
}
