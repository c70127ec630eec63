import type { ServerResponse } from 'node:http';
import { runInScope } from '../core/scope.js';
import { type ExpressRequest, enterExpressRequest } from '../http/express-request.js';

type Handle = (request: ExpressRequest, response: ServerResponse, ...rest: unknown[]) => unknown;

/** What every application of Express copies when it is made. */
interface ApplicationPrototype {
  handle: Handle;
}

const originals = new WeakMap<object, Handle>();

/**
 * Makes every request to applications of this copy of Express an operation. A request enters in `handle`, before
 * the router: so there is no layer for it, and no span. Patching twice is patching once; a module that is imported
 * is also required, and comes here twice.
 *
 * @param isOn Asked for each request: applications keep the patched function when it is taken back.
 */
export function patchExpress(express: unknown, isOn: () => boolean): void {
  const prototype = prototypeOf(express);
  if (prototype === undefined || originals.has(prototype)) return;
  const original = prototype.handle;
  originals.set(prototype, original);
  prototype.handle = function handle(this: unknown, request, response, ...rest) {
    const go = (): unknown => original.call(this, request, response, ...rest);
    const scope = isOn()
      ? enterExpressRequest('the Express instrumentation', request, response, this)
      : undefined;
    return scope === undefined ? go() : runInScope(scope, go);
  };
}

/** Takes {@link patchExpress} back. */
export function unpatchExpress(express: unknown): void {
  const prototype = prototypeOf(express);
  if (prototype === undefined) return;
  const original = originals.get(prototype);
  if (original === undefined) return;
  originals.delete(prototype);
  prototype.handle = original;
}

function prototypeOf(express: unknown): ApplicationPrototype | undefined {
  // The module is a function where it is required, and a namespace where it is imported.
  if ((typeof express !== 'function' && typeof express !== 'object') || express === null) return undefined;
  const prototype: unknown = 'application' in express ? express.application : undefined;
  return isPrototype(prototype) ? prototype : undefined;
}

function isPrototype(value: unknown): value is ApplicationPrototype {
  return (
    typeof value === 'object' && value !== null && 'handle' in value && typeof value.handle === 'function'
  );
}
