import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { flagObservability } from '../../src/http/node.js';
import { evaluate as evaluateNow } from './app-operation.js';
import {
  type Answer,
  evaluate,
  type FrameworkApp,
  NESTED,
  NESTED_AT,
  ROUTES,
  readByEvents,
} from './framework-routes.js';

const TABLE = [...ROUTES, { ...NESTED, path: NESTED_AT + NESTED.path }].map(({ method, path, handle }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`),
  handle,
}));

export function createHttp(times: number): FrameworkApp {
  let measured: RequestListener = flagObservability(serve);
  for (let i = 1; i < times; i += 1) measured = flagObservability(between(measured));
  return {
    // What is thrown would end the process, as ever with node:http; applications put their own answer around.
    listener: async (request, response) => {
      try {
        await measured(request, response);
      } catch {
        response.writeHead(500).end('failed');
      }
    },
  };
}

function between(listener: RequestListener): RequestListener {
  return (request, response) => {
    evaluateNow();
    return listener(request, response);
  };
}

function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://localhost');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = TABLE.find((one) => one.method === method && one.pattern.test(pathname));
  if (route === undefined)
    return evaluate(query).then(() => send(response, { status: 404, body: 'nothing' }));
  const answer = route.handle({ query, body: () => readByEvents(request) });
  return Promise.resolve(answer).then((given) => send(response, given));
}

function send(response: ServerResponse, { status = 200, type = 'text/plain', body }: Answer): void {
  response.writeHead(status, { 'content-type': type });
  if (typeof body === 'string') response.end(body);
  else pipeline(body, response, () => {});
}
