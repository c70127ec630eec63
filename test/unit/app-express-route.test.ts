import type { DataPoint } from '@opentelemetry/sdk-metrics';
import type { Express } from 'express';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flagObservability } from '../../src/http/express.js';
import { EXPRESS_4, EXPRESS_5, EXPRESS_5_ROUTER_22, type ExpressKit } from '../support/app-express.js';
import { LAYOUTS } from '../support/app-layouts.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

async function routeOf(app: Express, path: string): Promise<unknown> {
  const points: DataPoint<unknown>[] = await served(sdk, app, path);
  return points[0]?.attributes['http.route'];
}

function createApp(kit: ExpressKit): Express {
  // Express prints the stack of what reaches its last handler.
  return kit.createApp().set('env', 'test');
}

describe.each([EXPRESS_5, EXPRESS_4])('http.route without an instrumentation, $name', (kit) => {
  const parts = { createApp: () => createApp(kit), createRouter: kit.createRouter, answer };
  const layouts = LAYOUTS.filter(({ majors }) => majors?.includes(kit.major) ?? true);

  it.each(layouts)('is known for $name', async ({ build, rows }) => {
    const app = createApp(kit).use(flagObservability());
    build(app, parts);
    // Evaluates too, so that requests without a route are measured as well.
    app.use(answer);
    const routes: [string, unknown][] = [];
    for (const { path } of rows) {
      sdk = installSdk();
      routes.push([path, await routeOf(app, path)]);
    }
    expect(routes).toEqual(rows.map((row) => [row.path, row.route]));
  });
});

describe('http.route without an instrumentation, Express 5 with router 2.2', () => {
  it('is known for what stands in the application, and left out where a router hides its mount', async () => {
    const { createRouter } = EXPRESS_5_ROUTER_22;
    const app = createApp(EXPRESS_5_ROUTER_22).use(flagObservability());
    app.get('/items/:id', answer);
    app.use('/tenants/:tenant', createRouter().get('/items', answer));
    expect(await routeOf(app, '/items/7')).toBe('/items/:id');
    sdk = installSdk();
    expect(await routeOf(app, '/tenants/42/items')).toBeUndefined();
  });
});
