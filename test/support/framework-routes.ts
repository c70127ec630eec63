import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { OpenFeature } from '@openfeature/server-sdk';
import { evaluate as evaluateNow } from './app-operation.js';

/** What a handler is given, in no framework's words. */
export interface Exchange {
  readonly query: URLSearchParams;
  /** The request's body, read the way that the framework's users read it. */
  body(): Promise<string>;
}

/** What a handler answers; the framework's application sends it the framework's way. */
export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string | Readable;
}

export interface Route {
  readonly method: 'get' | 'post';
  /** In the syntax that all of them share. */
  readonly path: string;
  readonly handle: (exchange: Exchange) => Answer | Promise<Answer>;
}

/** One framework's application with these routes and `flagObservability()`. */
export interface FrameworkApp {
  readonly listener: RequestListener;
  close?(): Promise<unknown>;
}

/** Lets a test hold handlers where they are. */
export class Stage {
  #pausing = 0;
  #reached: (() => void)[] = [];
  #released: PromiseWithResolvers<void> = Promise.withResolvers();

  /** To be called by a handler: waits to be let on. */
  async pause(): Promise<void> {
    this.#pausing += 1;
    for (const check of this.#reached) check();
    await this.#released.promise;
  }

  /** Resolves when that many handlers pause. */
  async paused(count = 1): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#pausing >= count) resolve();
      };
      this.#reached.push(check);
      check();
    });
  }

  /** Lets all on. */
  release(): void {
    this.#pausing = 0;
    this.#reached = [];
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }
}

export const stage: Stage = new Stage();

export async function evaluate(query: URLSearchParams): Promise<void> {
  await OpenFeature.getClient().getBooleanValue('flag', false, { on: query.has('on') });
}

const ok: Route['handle'] = async ({ query }) => {
  await evaluate(query);
  return { body: 'ok' };
};

/** Mounted below {@link NESTED_AT}. */
export const NESTED: Route = { method: 'get', path: '/items/:item', handle: ok };
export const NESTED_AT = '/tenants/:tenant';

export const ROUTES: readonly Route[] = [
  { method: 'get', path: '/products/:id', handle: ok },
  { method: 'get', path: '/plain', handle: () => ({ body: 'no flag here' }) },
  {
    method: 'post',
    path: '/orders',
    handle: async ({ query, body }) => {
      const text = await body();
      await evaluate(query);
      return { body: text };
    },
  },
  {
    method: 'get',
    path: '/fail/now',
    handle: () => {
      evaluateNow();
      throw new RangeError('the till is on fire');
    },
  },
  {
    method: 'get',
    path: '/fail/later',
    handle: async ({ query }) => {
      await evaluate(query);
      throw new RangeError('the till is on fire');
    },
  },
  {
    method: 'get',
    path: '/held',
    handle: async ({ query }) => {
      await evaluate(query);
      await stage.pause();
      await evaluate(query);
      return { body: 'ok' };
    },
  },
  {
    method: 'get',
    path: '/stream',
    handle: async ({ query }) => {
      await evaluate(query);
      return { body: Readable.from(parts()), type: 'text/plain' };
    },
  },
  {
    method: 'get',
    path: '/half',
    handle: async ({ query }) => {
      await evaluate(query);
      return { body: Readable.from(half()), type: 'text/plain' };
    },
  },
  {
    method: 'get',
    path: '/events',
    handle: async ({ query }) => {
      await evaluate(query);
      return { body: 'data: 1\n\n', type: 'text/event-stream' };
    },
  },
];

async function* parts(): AsyncGenerator<Buffer> {
  yield Buffer.from('first ');
  await stage.pause();
  yield Buffer.from('last');
}

async function* half(): AsyncGenerator<Buffer> {
  yield Buffer.from('half of it');
  // So that the head and this part leave before it fails.
  for (let i = 0; i < 5; i += 1) await turn();
  throw new RangeError('the source dried up');
}

/** Reads a body by listeners, as applications on bare `node:http` do. */
export async function readByEvents(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(request, 'end');
  return text;
}
