// The shoppers by themselves, for as long as the shop answers:
//
//   SHOP_URL=http://127.0.0.1:3000 RATE=30 node crowd.js

import { shop } from './shoppers.js';

const url = process.env.SHOP_URL ?? 'http://127.0.0.1:3000';
const rate = Number(process.env.RATE ?? 30);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort());

console.log(`The shoppers send ${rate} requests a second to ${url}.`);
try {
  await shop({ url, rate, seconds: Number.POSITIVE_INFINITY, seed: 1, signal: interruption.signal });
} catch (error) {
  if (!interruption.signal.aborted) throw error;
}
