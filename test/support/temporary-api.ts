import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { createApi } from '../../src/server/api.js';
import type { Route } from '../../src/server/routes.js';

/** An answer of the API, its body parsed. */
export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what a test looks at
  readonly body: any;
}

/** The API with some routes on a free port, for all tests of a file. */
export function temporaryApi(
  routes: () => readonly Route[],
): (path: string, init?: RequestInit) => Promise<Answered> {
  let server: Server;
  let faults: unknown[];
  beforeAll(async () => {
    faults = [];
    server = createServer(
      createApi({ routes: routes(), check: () => undefined, onError: (error) => faults.push(error) }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    if (faults.length > 0) throw faults[0];
  });
  return async (path, init) => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
}
