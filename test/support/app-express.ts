import { createRequire } from 'node:module';
import express, { type Express, type RequestHandler, type Router, type RouterOptions } from 'express';

const require = createRequire(import.meta.url);

/** Express as an application uses it, in one of the releases that are supported. */
export interface ExpressKit {
  readonly name: string;
  readonly major: 4 | 5;
  /** The package itself. */
  readonly module: typeof express;
  createApp(): Express;
  createRouter(options?: RouterOptions): Router;
}

export const EXPRESS_5: ExpressKit = kit('Express 5', 5, express);

/** Its types are not installed; what is used of them is the same. */
export const EXPRESS_4: ExpressKit = kit('Express 4', 4, require('express4') as typeof express);

const Router22 = require('router22') as (options?: RouterOptions) => Router;

/** An old lock file may have Express 5 with router 2.0 to 2.2, which keep patterns in closures. */
export const EXPRESS_5_ROUTER_22: ExpressKit = {
  name: 'Express 5 with router 2.2',
  major: 5,
  module: express,
  createApp: () => Object.defineProperty(express(), 'router', { value: Router22() }),
  createRouter: Router22,
};

function kit(name: string, major: 4 | 5, module: typeof express): ExpressKit {
  return {
    name,
    major,
    module,
    createApp: () => module(),
    createRouter: (options) => module.Router(options),
  };
}

/** A middleware that does nothing. */
export const pass: RequestHandler = (_request, _response, next) => next();
