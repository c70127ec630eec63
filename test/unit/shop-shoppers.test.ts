import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';

interface PlannedRequest {
  flag: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: { items?: { id: number }[]; gift?: { note: string | null } };
}
interface Shoppers {
  plan(seed: number, index: number): PlannedRequest;
  shop(options: object): Promise<{ requests: number; errors: number; byFlag: Record<string, number> }>;
}
// The examples are plain JavaScript; a URL keeps the compiler from looking for their types.
const { plan, shop }: Shoppers = await import(
  `${new URL('../../examples/shop/shoppers.js', import.meta.url)}`
);

let server: Server | undefined;
afterEach(() => server?.close());

async function serve(statusOf: (path: string) => number): Promise<string> {
  server = createServer((request, response) => {
    response.statusCode = statusOf(request.url ?? '');
    request.resume().once('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const plans = Array.from({ length: 20_000 }, (_, index) => plan(1, index));
const checkouts = plans.filter((request) => request.flag === 'new-checkout');
const rate = (some: PlannedRequest[]) => some.length / checkouts.length;

test('request n is the same in every run of one seed, and another with another seed', () => {
  expect(plan(1, 4_711)).toEqual(plan(1, 4_711));
  const others = plans.filter((request, index) => request.path !== plan(2, index).path);
  expect(others.length).toBeGreaterThan(plans.length / 2);
});

test('two in five requests are checkouts, with the planted inputs at their rates', () => {
  expect(checkouts.length / plans.length).toBeCloseTo(0.4, 1);
  const soldOut = checkouts.filter(({ body }) => body?.items?.some((item) => item.id === 7));
  expect(rate(soldOut)).toBeGreaterThan(0.003);
  expect(rate(soldOut)).toBeLessThan(0.007);
  const withoutNote = checkouts.filter(({ body }) => body?.gift?.note === null);
  expect(rate(withoutNote)).toBeGreaterThan(0.02);
  expect(rate(withoutNote)).toBeLessThan(0.03);
});

test('every request is sent once, whoever is at the door, and 500s are counted', async () => {
  const url = await serve((path) => (path === '/checkout' ? 500 : 200));
  const result = await shop({ url, requests: 200, seconds: 20, concurrency: 7, seed: 1 });
  const planned = plans.slice(0, 200).filter((request) => request.flag === 'new-checkout').length;
  expect(result).toMatchObject({ requests: 200, errors: planned });
  expect(result.byFlag['new-checkout']).toBe(planned);
});

test('a steady rate is kept, and time ends it', async () => {
  const url = await serve(() => 200);
  const result = await shop({ url, seconds: 0.5, rate: 100, seed: 1 });
  expect(result.requests).toBeGreaterThan(25);
  expect(result.requests).toBeLessThanOrEqual(51);
});

test('a request without an answer ends the run and names the request', async () => {
  const url = await serve(() => 200);
  server?.close();
  server = undefined;
  await expect(shop({ url, requests: 5, seconds: 5, seed: 1 })).rejects.toThrow(/of the shop failed/);
});
