import { sdk3 } from './support/folders.js';
import { runWorker } from './support/worker.js';

const EVALUATIONS = 10_000_000;
const MIB = 2 ** 20;

/** What stays in memory after ten million evaluations of 10,000 keys and variants for 100,000 users. */
export async function soak() {
  const kept = await runWorker(sdk3, 'soak', { evaluations: EVALUATIONS }, ['--expose-gc']);
  const drops = Object.entries(kept.drops).map(([reason, count]) => `${reason} ${count}`);
  return [
    {
      what: `heap growth, ${kept.evaluated} evaluations`,
      figure: kept.growthBytes / MIB,
      unit: 'MiB',
      budget: 5,
    },
    { what: 'attribute sets of the largest instrument', figure: kept.sets, budget: 1_900 },
    { what: 'points that the SDK folded', figure: kept.overflows, budget: 0 },
    { what: 'evaluations missing in the counter', figure: kept.evaluated - kept.counted, budget: 0 },
    { what: `drops counted: ${drops.join(', ')}` },
  ];
}
