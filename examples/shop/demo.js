// `npm run demo`: the backend, the shop and its shoppers, and what Telltale says about the shop's four flags.

import { once as event } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBackend } from './backend.js';
import { createChildren } from './children.js';
import { shop, shopperCount } from './shoppers.js';
import { startShops } from './shops.js';
import { compareThroughput } from './throughput.js';

const usage = `usage: npm run demo -- [--once] [--json FILE]

  --once       end after the comparison instead of staying up until Ctrl-C
  --json FILE  write the comparisons and the throughput to FILE
`;

const flags = ['new-checkout', 'fast-search', 'recommendations-v2', 'beta-cart'];
// With these the fault is found that a tenth of the checkouts have; what the bursts send comes on top.
const steady = { requests: 20_000, rate: 300, seconds: 110, seed: 1 };
const flushSeconds = 30;

const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
const count = (/** @type {number} */ n) => Math.round(n).toLocaleString('en');

/** @param {{ once: boolean, json?: string }} options @param {AbortSignal} interrupted */
async function demo({ once, json }, interrupted) {
  const children = createChildren();
  const signal = AbortSignal.any([interrupted, children.signal]);
  const data = await mkdtemp(join(tmpdir(), 'telltale-demo-'));
  try {
    say('Starting the backend, a payment gateway, and the shop with and without Telltale.');
    const backend = await startBackend(children, { data, atUsualPorts: !once });
    const shops = await startShops(children, backend.otlp);
    for (const port of backend.taken) say(`Port ${port} is in use; the demo takes a free one instead.`);
    say(`The backend is at ${backend.api}, the shop at ${shops.withTelltale}.`);
    say(`Watch it in a browser: ${backend.api}`);

    const result = await serve(shops, backend, signal);
    for (const flag of flags) console.log(await backend.compare(flag, signal));
    console.log(summary(result));
    if (json) {
      const comparisons = [];
      for (const flag of flags) comparisons.push(await backend.compareAsJson(flag, signal));
      await writeFile(json, `${JSON.stringify({ comparisons, shop: result }, null, 2)}\n`);
    }
    if (once) return;
    say(invitation(backend, shops.withTelltale));
    await event(signal, 'abort');
    children.signal.throwIfAborted();
  } catch (error) {
    // A request to a shop that has died fails a moment before its end is known, and says less.
    await setTimeout(200);
    throw signal.aborted ? signal.reason : error;
  } finally {
    await children.stop();
    await rm(data, { recursive: true, force: true });
  }
}

/**
 * Lets the shoppers in, and waits until the backend knows of all of them.
 *
 * @param {Awaited<ReturnType<typeof startShops>>} shops
 * @param {Awaited<ReturnType<typeof startBackend>>} backend
 * @param {AbortSignal} signal
 */
async function serve(shops, backend, signal) {
  say(`${count(shopperCount)} shoppers send ${count(steady.requests)} requests, ${steady.rate} a second:`);
  let shown = 0;
  const onProgress = (/** @type {number} */ requests) => {
    if (requests - shown < 2_000) return;
    shown = requests;
    say(`  ${count(shown)}`);
  };
  const main = await shop({ url: shops.withTelltale, ...steady, signal, onProgress });

  say('Now as fast as the shop can, with Telltale and without by turns.');
  const throughput = await compareThroughput(shops, signal);

  say('Waiting for the last telemetry.');
  const runs = [main, ...throughput.sent];
  const byFlag = /** @type {Record<string, number>} */ ({});
  for (const run of runs) {
    for (const [flag, requests] of Object.entries(run.byFlag)) byFlag[flag] = (byFlag[flag] ?? 0) + requests;
  }
  // Left out of every comparison are those who got the default, so they cannot be waited for.
  delete byFlag['beta-cart'];
  await backend.waitFor(byFlag, { seconds: flushSeconds, signal });

  return {
    requests: runs.reduce((sum, run) => sum + run.requests, 0),
    requestsPerSecond: throughput.withTelltale,
    requestsPerSecondWithoutBridge: throughput.withoutTelltale,
  };
}

/** @param {Awaited<ReturnType<typeof serve>>} result */
function summary({ requests, requestsPerSecond, requestsPerSecondWithoutBridge }) {
  const share = (100 * requestsPerSecond) / requestsPerSecondWithoutBridge;
  return (
    `The shop answered ${count(requests)} requests. At full speed it answers ${count(requestsPerSecond)} a second ` +
    `with Telltale and ${count(requestsPerSecondWithoutBridge)} without: ${share.toFixed(0)} %.`
  );
}

/** @param {Awaited<ReturnType<typeof startBackend>>} backend @param {string} shopUrl */
function invitation({ api, alpha }, shopUrl) {
  return `
All of it stays up until Ctrl-C. In a browser:

  ${api}
  ${api}/flags/new-checkout?alpha=${alpha}   (the verdict above; the page itself asks for less, 0.05)

In another terminal:

  npx telltale flags --url ${api}
  npx telltale compare new-checkout --route /checkout --url ${api}
  npx telltale check fast-search --alpha ${alpha} --url ${api}; echo $?
  curl -H 'x-session-id: me' '${shopUrl}/products?q=lamp'`;
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (!values.help) return values;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(64);
  }
}

const interruption = new AbortController();
// Not `once`: npm passes a Ctrl-C on to the demo, which has already had it from the terminal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort(signal));
// Whoever reads has gone, as in `npm run demo | head`: without a listener the children would be left behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interruption.abort('EPIPE'));

try {
  await demo(options(), interruption.signal);
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = 130;
  else {
    process.exitCode = 70;
    say(`The demo failed. ${error instanceof Error ? error.message : error}`);
  }
}
