import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { runInScope } from '../core/scope.js';
import { enterRequest, noteException } from './request-operation.js';
import { checkMaker, routeOr } from './request-run.js';

/**
 * Fastify plugin (5) that makes every request an operation: flags evaluated in it are written on the request's
 * SERVER span, and its duration and outcome are recorded for each of them when the response closes. Register it
 * first: flags evaluated in `onRequest` hooks added before are not seen. It is not encapsulated, so it holds for
 * all of the application. It never changes a request or reply and never throws into one.
 *
 * @example
 * ```ts
 * import Fastify from 'fastify';
 * import { flagObservability } from 'telltale/fastify';
 *
 * const app = Fastify();
 * await app.register(flagObservability());
 * ```
 *
 * @throws TypeError where it is handed to Fastify without the call, or a variable `TELLTALE_*` is wrong.
 */
export function flagObservability(...unexpected: never[]): FastifyPluginCallback {
  checkMaker(unexpected, 'await app.register(flagObservability())');
  const plugin: FastifyPluginCallback = (instance, _options, done) => {
    instance.addHook('onRequest', enter);
    // A preParsing hook that waits for the body's events goes on from the connection, which is in no scope.
    instance.addHook('preValidation', enter);
    instance.addHook('onError', (request, _reply, error, next) => {
      noteException(request.raw, error);
      next();
    });
    done();
  };
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'telltale',
  });
}

function enter(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  // The raw response, because Fastify's onResponse does not come for a client that went away.
  const scope = enterRequest(
    'the Fastify plugin',
    request.raw,
    reply.raw,
    routeOr(() => request.routeOptions.url),
  );
  if (scope === undefined) done();
  else runInScope(scope, done);
}
