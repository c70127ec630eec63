// Evaluates far more keys, variants and users than any limit allows, in operations, and prints what stayed in
// memory. Run with --expose-gc.
import { setImmediate as turn } from 'node:timers/promises';
import { OpenFeature } from '@openfeature/server-sdk';
import { run } from 'telltale';
import { TelltaleHook } from 'telltale/openfeature';
import { startSdk } from './sdk.js';

const { evaluations } = JSON.parse(process.argv[2]);
const NAMES = 10_000;
const USERS = 100_000;
const FLAGS_AN_OPERATION = 10;
/** After this share everything that is bounded is full. */
const WARM_UP_SHARE = 0.4;

const { flush, points } = startSdk();
let evaluated = 0;
await OpenFeature.setProviderAndWait({
  metadata: { name: 'soak' },
  // Every key has all variants in turn: the two counts have no common factor but the first of a key differ.
  resolveStringEvaluation: async (_key, value) => {
    const variant = `variant-${(evaluated * 7 + Math.floor(evaluated / NAMES)) % NAMES}`;
    return { value, variant, reason: 'SPLIT' };
  },
});
const client = OpenFeature.getClient();
client.addHooks(new TelltaleHook());

async function evaluateUntil(end) {
  while (evaluated < end) {
    const targetingKey = `user-${Math.floor(evaluated / FLAGS_AN_OPERATION) % USERS}`;
    await run('soak', async () => {
      for (let flag = 0; flag < FLAGS_AN_OPERATION; flag += 1) {
        await client.getStringValue(`key-${evaluated % NAMES}`, '', { targetingKey });
        evaluated += 1;
      }
    });
    // Lets the batch processors do their work.
    if (evaluated % 10_000 === 0) await turn();
  }
}

async function memory() {
  await flush();
  await turn();
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

await evaluateUntil(evaluations * WARM_UP_SHARE);
await points('feature_flag.evaluations');
const before = await memory();
await evaluateUntil(evaluations);
await points('feature_flag.evaluations');
const growthBytes = (await memory()) - before;

const counted = await points('feature_flag.evaluations');
const durations = await points('telltale.operation.duration');
const drops = await points('telltale.dropped');
const units = await points('telltale.unit.operations');
console.log(
  JSON.stringify({
    growthBytes,
    evaluated,
    counted: counted.reduce((sum, { value }) => sum + value, 0),
    sets: Math.max(counted.length, durations.length, units.length),
    overflows: [...counted, ...durations, ...units].filter(
      ({ attributes }) => 'otel.metric.overflow' in attributes,
    ).length,
    drops: Object.fromEntries(drops.map(({ attributes, value }) => [attributes.reason, value])),
  }),
);
process.exit(0);
