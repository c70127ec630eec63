// The shop's customers: real HTTP requests over loopback, the same ones in every run.

import http from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { limitedEditionId, nouns, productCount } from './assortment.js';
import { uniform } from './random.js';

export const shopperCount = 1_000;
const regions = ['de', 'us', 'in', 'br', 'jp', 'fr', 'ke', 'nz', 'mx', 'pl'];
const requestTimeoutMs = 30_000;
// Three are usual at 300 requests a second. Where the machine cannot keep up, the shoppers wait at the door:
// with hundreds inside, the shop would hardly get to accept a connection.
const maxInFlight = 40;

/**
 * Who shopper `n` is, as the headers that the shop reads. One in fifty works for the shop.
 *
 * @param {number} n from 0
 */
export function shopper(n) {
  return {
    'x-session-id': `shopper-${n + 1}`,
    'x-email': `shopper-${n + 1}@${n % 50 === 0 ? 'shop' : 'mail'}.example`,
    'x-region': regions[n % regions.length],
  };
}

/**
 * Request number `index`. What is in it depends on the seed and the number alone, never on a flag: both
 * variants get the same share of orders that cannot be fulfilled, and of gifts without a note.
 *
 * @param {number} seed @param {number} index
 */
export function plan(seed, index) {
  const draw = (/** @type {number} */ use) => uniform(seed, index, use);
  const pick = (/** @type {number} */ use, /** @type {number} */ count) => Math.floor(draw(use) * count);
  const headers = shopper(pick(0, shopperCount));
  const id = 1 + limitedEditionId + pick(2, productCount - limitedEditionId);
  const kind = draw(1);
  if (kind < 0.22)
    return {
      flag: 'fast-search',
      method: 'GET',
      path: `/products?q=${nouns[pick(2, nouns.length)]}`,
      headers,
    };
  if (kind < 0.44) return { flag: 'recommendations-v2', method: 'GET', path: `/products/${id}`, headers };
  if (kind < 0.54) return { flag: 'beta-cart', method: 'GET', path: '/cart', headers };
  if (kind < 0.6)
    return {
      flag: 'beta-cart',
      method: 'POST',
      path: '/cart',
      headers,
      body: { id, quantity: 1 + pick(3, 3) },
    };
  const items = [{ id: draw(4) < 0.005 ? limitedEditionId : id, quantity: 1 }];
  if (draw(5) >= 0.1)
    return { flag: 'new-checkout', method: 'POST', path: '/checkout', headers, body: { items } };
  const gift = { note: draw(6) < 0.25 ? null : ' Happy birthday! ' };
  return { flag: 'new-checkout', method: 'POST', path: '/checkout', headers, body: { items, gift } };
}

/**
 * Sends the requests of the plan: at a steady `rate`, each shopper coming when it is their time, or as fast
 * as the shop answers, with `concurrency` of them at the door. It ends after `requests` of them or after
 * `seconds`, whatever comes first.
 *
 * @param {{
 *   url: string, requests?: number, seconds: number, rate?: number, concurrency?: number, seed: number,
 *   signal?: AbortSignal, onProgress?: (requests: number) => void,
 *   onAnswer?: (request: ReturnType<typeof plan>, status: number, seconds: number) => void,
 * }} options
 * @returns {Promise<{ requests: number, errors: number, seconds: number, byFlag: Record<string, number> }>}
 *   errors are answers with a status of 500 or more; a request without an answer ends the run
 */
export async function shop(options) {
  const { requests = Number.POSITIVE_INFINITY, rate, concurrency = maxInFlight, seed, signal } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  const result = { requests: 0, errors: 0, seconds: 0, byFlag: /** @type {Record<string, number>} */ ({}) };
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  let next = 0;
  let lastProgress = 0;
  let closed = false;

  const send = async (/** @type {number} */ index) => {
    const request = plan(seed, index);
    const sentAt = performance.now();
    const status = await answerTo(agent, options.url, request);
    options.onAnswer?.(request, status, (performance.now() - sentAt) / 1_000);
    result.requests++;
    if (status >= 500) result.errors++;
    result.byFlag[request.flag] = (result.byFlag[request.flag] ?? 0) + 1;
    if (elapsed() - lastProgress >= 1) {
      lastProgress = elapsed();
      options.onProgress?.(result.requests);
    }
  };

  const door = async () => {
    for (;;) {
      const index = next++;
      const dueAt = rate ? index / rate : 0;
      if (closed || index >= requests || Math.max(dueAt, elapsed()) >= options.seconds) return;
      if (dueAt > elapsed()) await setTimeout((dueAt - elapsed()) * 1_000, undefined, { signal });
      signal?.throwIfAborted();
      await send(index);
    }
  };

  try {
    await Promise.all(Array.from({ length: concurrency }, door));
  } finally {
    closed = true;
    agent.destroy();
  }
  result.seconds = elapsed();
  return result;
}

/**
 * @param {http.Agent} agent @param {string} url @param {ReturnType<typeof plan>} request
 * @returns {Promise<number>} the status
 */
function answerTo(agent, url, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const payload = body && JSON.stringify(body);
    const type = payload && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
    };
    const timeout = requestTimeoutMs;
    const request = http.request(new URL(path, url), {
      agent,
      method,
      headers: { ...headers, ...type },
      timeout,
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeout / 1_000} s`)));
    request.once('error', (error) =>
      reject(new Error(`${method} ${path} of the shop failed: ${error.message}.`)),
    );
    request.once('response', (response) => {
      response
        .resume()
        .once('end', () => resolve(response.statusCode ?? 0))
        .once('error', reject);
    });
    request.end(payload);
  });
}
