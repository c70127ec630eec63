import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, it } from 'vitest';
import { flagObservability } from '../../src/http/node.js';
import { evaluate } from '../support/app-operation.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

let sdk: Sdk;
beforeEach(() => {
  sdk = installSdk();
});

it('a stream of HTTP/2 that its client gives up is aborted, and the others on the connection are not', async () => {
  const closed: Promise<unknown>[] = [];
  const listener = flagObservability((request, response) => {
    evaluate();
    closed.push(once(response, 'close'));
    if (request.url === '/answered') response.end('ok');
    else response.write('half');
  });
  const server = createServer(listener as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const abandoned = client.request({ ':path': '/abandoned' });
  await once(abandoned, 'response');
  abandoned.close(8);
  const answered = client.request({ ':path': '/answered' });
  answered.resume();
  await once(answered, 'end');
  await Promise.all(closed);
  const points = await sdk.points('telltale.operation.duration');
  const outcomes = points.map(({ attributes }) => [attributes['telltale.outcome'], attributes['error.type']]);
  expect(outcomes.sort()).toEqual([
    [undefined, undefined],
    ['aborted', undefined],
  ]);
  client.close();
  server.close();
});
