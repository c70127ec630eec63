import { bundledBytes, ENTRIES } from './support/bundle.js';
import { sdk3 } from './support/folders.js';
import { median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 20;

/** What telltale/express and telltale/openfeature take: bytes in a bundle, milliseconds to load. */
export async function size() {
  const loads = [];
  for (let trial = 0; trial < TRIALS; trial += 1) loads.push(await runWorker(sdk3, 'import', {}));
  return [
    {
      what: 'bundled, minified and gzipped',
      figure: (await bundledBytes(ENTRIES)) / 1_000,
      unit: 'kB',
      budget: 12,
    },
    {
      what: 'import, CPU of the main thread',
      figure: median(loads.map(({ cpu }) => cpu)),
      unit: 'ms',
      budget: 15,
    },
    { what: 'import, by the clock', figure: median(loads.map(({ clock }) => clock)), unit: 'ms' },
  ];
}
