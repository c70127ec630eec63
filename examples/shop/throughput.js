import { shop } from './shoppers.js';

const pairs = 11;
const burstSeconds = 1;
// A shop answers its first 10,000 requests slowly, while Node compiles it.
const warmUp = { requests: 12_000, seconds: 15, seed: 99 };
// Enough to keep the shop's one thread busy while checkouts wait for the payment gateway.
const concurrency = 32;

/**
 * How many requests a second the shop answers with Telltale and without: the medians of bursts at full speed,
 * by turns, so that whatever else the machine does meets both. The shop with Telltale is warm by now.
 *
 * @param {{ withTelltale: string, withoutTelltale: string }} shops
 * @param {AbortSignal} signal
 */
export async function compareThroughput(shops, signal) {
  const rates = { withTelltale: /** @type {number[]} */ ([]), withoutTelltale: /** @type {number[]} */ ([]) };
  const sent = [];
  await shop({ url: shops.withoutTelltale, ...warmUp, concurrency, signal });
  for (let pair = 0; pair < pairs; pair++) {
    // Both shops of a pair get the same requests; they take turns at being first.
    const turns = Object.entries(shops);
    if (pair % 2) turns.reverse();
    for (const [which, url] of turns) {
      const burst = await shop({ url, seconds: burstSeconds, concurrency, seed: 100 + pair, signal });
      rates[which].push(burst.requests / burst.seconds);
      if (which === 'withTelltale') sent.push(burst);
    }
  }
  return { sent, withTelltale: median(rates.withTelltale), withoutTelltale: median(rates.withoutTelltale) };
}

/** @param {number[]} values an odd number of them */
function median(values) {
  return values.toSorted((a, b) => a - b)[(values.length - 1) / 2];
}
