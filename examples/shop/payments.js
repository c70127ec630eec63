// A fake payment gateway: the one part of the demo that is outside of the shop. It waits as long as a
// gateway might, which depends on the order's number alone, and says yes.
//
//   PORT=4700 node payments.js

import { createServer } from 'node:http';
import { uniform } from './random.js';

// Log-normal: the median, and the spread of the logarithm. A charge takes 14 ms, and 32 ms at the 95th
// percentile; together with a fraud check that becomes half as much again.
const delays = new Map([
  ['/charges', { medianMs: 14, spread: 0.5, use: 1 }],
  ['/fraud-checks', { medianMs: 12, spread: 0.6, use: 2 }],
]);

const server = createServer(async (request, response) => {
  const delay = delays.get(request.url ?? '');
  let body = '';
  for await (const chunk of request) body += chunk;
  if (request.method !== 'POST' || !delay) return void response.writeHead(404).end();

  const { order } = JSON.parse(body);
  setTimeout(
    () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: `${delay.use}-${order}`, order }));
    },
    delayMs(delay, order),
  );
});

/** @param {{ medianMs: number, spread: number, use: number }} delay @param {number} order */
function delayMs({ medianMs, spread, use }, order) {
  // Box and Muller: a normal deviate from two uniform ones.
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(use, order, 0)));
  return medianMs * Math.exp(spread * radius * Math.cos(2 * Math.PI * uniform(use, order, 1)));
}

server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`payments gateway listens on http://127.0.0.1:${port}`);
});
// Longer than the shop keeps an idle connection, so that none is closed while a request is on its way.
server.keepAliveTimeout = 65_000;
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
