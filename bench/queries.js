import { join } from 'node:path';
import { runWorker } from './support/worker.js';

const WORKERS = join(import.meta.dirname, 'workers');
const MILLION = 1_000_000;

/** What a week of ten flags costs to ask, from the embedded store; the same cells with more requests behind them. */
export async function queries() {
  const runs = [];
  for (const millions of [1, 10, 100]) {
    runs.push({ millions, ...(await runWorker(WORKERS, 'queries', { requests: millions * MILLION })) });
  }
  const [few] = runs;
  return runs.flatMap(({ millions, verdict, totals, course, overview }) => {
    const of = `403,200 cells, ${millions} million requests`;
    return [
      { what: `verdict on one flag, ${of}`, figure: verdict, unit: 'ms', budget: 250 },
      { what: `its totals, ${of}`, figure: totals, unit: 'ms', budget: 50 },
      { what: `how it went, in 60 steps at most, of its verdict, ${of}`, figure: course / verdict },
      { what: `all ten flags, ${of}`, figure: overview, unit: 'ms', budget: 500 },
      ...(millions === 1
        ? []
        : [
            {
              what: `verdict, of that with 1 million requests, ${millions} million`,
              figure: verdict / few.verdict,
            },
          ]),
    ];
  });
}
