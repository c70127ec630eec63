// Measures what an adapter adds to a bare evaluation: two clients of the same SDK in one process, one observed, take
// turns in operations of their own. Prints medians over the bare client, in microseconds.
import { run } from 'telltale';
import { startSdk } from './sdk.js';

const { name, warmUp, operations, emptyHook } = JSON.parse(process.argv[2]);
const { flush } = startSdk();
// TypeScript as it stands: Node takes the types away.
const { subject } = await import(`../../test/sdks/${name}.ts`);
if (subject.runtime === 'web') {
  // Made for pages, where there is no operation to measure in.
  console.log('{}');
  process.exit(0);
}
const entry = await import(subject.entry);
const bare = await subject.start();
if (emptyHook) subject.addEmptyHook(bare);
const observed = await subject.start();
subject.attach(observed, entry);
// Flags of each type, as a request evaluates several. One that throws would measure the throwing.
const { boolean, string, number, object } = subject.cases;
const cases = [boolean, string, number, object].filter(({ evaluate }) => evaluate !== undefined);

async function evaluateAll(client, unit) {
  for (const { evaluate } of cases) await evaluate(client, unit);
}

/** One operation. Microseconds for one evaluation, of flags that are new to it and of the same once more. */
async function serve(client, unit) {
  return run('bench', async () => {
    const start = performance.now();
    await evaluateAll(client, unit);
    const first = performance.now();
    await evaluateAll(client, unit);
    const again = performance.now();
    const per = (ms) => (ms * 1_000) / cases.length;
    return { first: per(first - start), again: per(again - first) };
  });
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const pairs = [];
for (let count = 0; count < warmUp + operations; count += 1) {
  const pair = {};
  const turns = [
    ['bare', bare],
    ['observed', observed],
  ];
  for (const [turn, client] of count % 2 === 0 ? turns : turns.reverse()) {
    pair[turn] = await serve(client, `unit-${count}`);
  }
  if (count >= warmUp) pairs.push(pair);
  // Before the queues of the batch processors are full, which would make the rest cheaper.
  if (count % 10 === 0) await flush();
}
const over = (what) => median(pairs.map(({ bare, observed }) => observed[what] - bare[what]));
const result = {
  title: subject.title,
  hasHooks: subject.addEmptyHook !== undefined,
  bare: median(pairs.map((pair) => pair.bare.again)),
  first: over('first'),
  again: over('again'),
};
console.log(JSON.stringify(result));
process.exit(0);
