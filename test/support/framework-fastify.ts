import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { flagObservability } from '../../src/http/fastify.js';
import { evaluate as evaluateNow } from './app-operation.js';
import { evaluate, type FrameworkApp, NESTED, NESTED_AT, ROUTES, type Route } from './framework-routes.js';

export async function createFastify(times: number): Promise<FrameworkApp> {
  const app = Fastify();
  for (let i = 0; i < times; i += 1) {
    if (i > 0) app.addHook('onRequest', async () => evaluateNow());
    await app.register(flagObservability());
  }
  for (const route of ROUTES) add(app, route);
  await app.register(async (nested) => add(nested, NESTED), { prefix: NESTED_AT });
  app.setNotFoundHandler(async (request, reply) => {
    await evaluate(queryOf(request.raw));
    return reply.code(404).send('nothing here');
  });
  await app.ready();
  return { listener: (request, response) => app.routing(request, response), close: () => app.close() };
}

function add(app: FastifyInstance, { method, path, handle }: Route): void {
  app[method](path, (request: FastifyRequest, reply: FastifyReply) => {
    const answer = handle({ query: queryOf(request.raw), body: async () => String(request.body) });
    return Promise.resolve(answer).then(({ status = 200, type = 'text/plain', body }) =>
      reply.code(status).type(type).send(body),
    );
  });
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '', 'http://localhost').searchParams;
}
