import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApi } from '../../src/server/api.js';
import { json, type Route } from '../../src/server/routes.js';
import { createBatchWriter } from '../../src/store/writer.js';

const hello: Route = { method: 'GET', path: '/hello', handle: async () => json('hello') };

/** The API on a free port; `around` sees its listener. */
async function start(
  onAnswer: (() => void) | undefined,
  around: (api: RequestListener) => RequestListener = (api) => api,
  route: Route = hello,
) {
  const errors: unknown[] = [];
  const options = {
    ...{ routes: [route], check: () => undefined, onError: (error: unknown) => void errors.push(error) },
    ...(onAnswer === undefined ? {} : { onAnswer }),
  };
  const server = createServer(around(createApi(options)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { errors, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${route.path}` };
}

it('a listener of answers that throws is told of, and the API goes on', async () => {
  const fault = new Error('a bug');
  const { errors, url } = await start(() => {
    throw fault;
  });
  for (let i = 0; i < 2; i++) expect((await fetch(url)).status).toBe(200);
  await vi.waitFor(() => expect(errors).toEqual([fault, fault]));
});

it('an error of a response ends nothing but itself', async () => {
  const { errors, url } = await start(undefined, (api) => (request, response) => {
    api(request, response);
    // By hand: Node's own are rare, and no two versions agree on when.
    response.emit('error', new Error('the connection broke'));
  });
  expect((await fetch(url)).status).toBe(200);
  expect(errors).toEqual([]);
});

it('what meets a full queue of the store is told to come again: 429 with Retry-After, and no fault', async () => {
  // An insert that does not end, and as many rows behind it as may wait.
  const writer = createBatchWriter(() => new Promise(() => {}));
  const write = (bytes: number): ReturnType<typeof writer.write> =>
    writer.write('telltale_changes', [{ rows: 1, text: Buffer.alloc(bytes) }]);
  for (const bytes of [1, 256 * 2 ** 20]) void write(bytes);
  const told: Route = { method: 'GET', path: '/told', handle: async () => json(await write(1)) };
  const { errors, url } = await start(undefined, undefined, told);
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await answer.json()).toMatchObject({ error: { code: 'queue-full' } });
  expect(errors).toEqual([]);
});
