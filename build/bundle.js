// Joins what an application loads into few files: as `tsc` leaves it, `telltale/express` and a hook are 36 modules, which
// take three times as long to load. The backend's commands stay as they are.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const targets = Object.values(exports)
  .filter((target) => typeof target === 'object')
  // Not for an application, and the backend's commands share its modules.
  .filter((target) => target.default !== './dist/stats/index.js');
const entries = targets.map((target) => target.default.slice('./dist/'.length, -'.js'.length));

/** Entry points for browsers. */
const isWeb = (entry) => /(^|[/-])web$/.test(entry);

/** Of `src/core` and `src/instrument`, what only some applications load. */
const FEW =
  /(instrument\/(propagation.*|run|views|view-overlap|flag-attributes|span-processor|log-record-processor|left-behind)|core\/(hosts|baggage-header))\.js$/;

/** What every entry point needs goes into one file. */
const isCore = (id) => /dist\/(core|instrument|web)\//.test(id) && !FEW.test(id);

const output = [
  ...(await outputOf('', (entry) => !isWeb(entry))),
  // Chunks of their own: one that they shared with the others would ask for Node's modules.
  ...(await outputOf('web-', isWeb)),
];
if (!output.some(({ fileName }) => fileName === 'chunks/propagation-provider.js')) {
  throw new Error(
    'expected chunks/propagation-provider.js, which package.json names among the files with side effects',
  );
}
for (const path of globSync('{index,{core,instrument,web,hooks,http,logs,node}/*}.js{,.map}', {
  cwd: DIST,
})) {
  rmSync(join(DIST, path));
}
for (const file of output) {
  const path = join(DIST, file.fileName);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.type === 'chunk' ? file.code : file.source);
}

/**
 * The files that some of the entry points become; what they are made of is still there.
 *
 * @param {string} prefix Of the names of their chunks.
 * @param {(entry: string) => boolean} wanted
 */
async function outputOf(prefix, wanted) {
  const bundle = await rolldown({
    input: Object.fromEntries(entries.filter(wanted).map((entry) => [entry, join(DIST, `${entry}.js`)])),
    platform: 'neutral',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    // `sideEffects` of `package.json` names what comes out of here, not what goes in.
    treeshake: { moduleSideEffects: () => true },
  });
  const { output } = await bundle.generate({
    entryFileNames: '[name].js',
    chunkFileNames: `chunks/${prefix}[name].js`,
    sourcemap: true,
    codeSplitting: { groups: [{ name: 'core', test: isCore }] },
  });
  await bundle.close();
  return output;
}
