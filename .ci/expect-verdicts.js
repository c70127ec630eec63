// Reads the demo's document and ends with 1 where a verdict is not what was planted.
import { readFileSync } from 'node:fs';

const { comparisons, shop } = JSON.parse(readFileSync(process.argv[2] ?? 'out.json', 'utf8'));
const verdicts = new Map(comparisons.map(({ flag, comparisons: [on] }) => [flag, on?.verdict]));
const faults = [];
const expect = (holds, what) => holds || faults.push(what);

expect(verdicts.get('new-checkout') === 'roll-back', 'new-checkout is slower and fails more: roll-back');
for (const flag of ['fast-search', 'recommendations-v2']) {
  expect(['hold', 'roll-forward'].includes(verdicts.get(flag)), `${flag} is harmless: no roll-back`);
}
expect(verdicts.get('beta-cart') === 'hold', 'beta-cart has nothing to compare with: hold');
expect(shop.requests >= 20_000, 'at least 20,000 requests');
expect(
  shop.requestsPerSecond > 0 && shop.requestsPerSecondWithoutBridge > 0,
  'throughput with and without the bridge',
);

console.log(Object.fromEntries(verdicts), shop);
for (const fault of faults) console.error(`Expected: ${fault}.`);
process.exitCode = faults.length === 0 ? 0 : 1;
