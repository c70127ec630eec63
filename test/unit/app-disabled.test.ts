import express from 'express';
import { beforeAll, expect, it } from 'vitest';
import { isDisabled, takeFault } from '../../src/core/faults.js';
import { storedScope } from '../../src/core/scope.js';
import { flagErrors, flagObservability } from '../../src/http/express.js';
import { installSdk } from '../support/app-sdk.js';
import { answer, evaluate, provideFlag, served } from '../support/app-served.js';

const PART = 'the Express middleware';

beforeAll(provideFlag);

it('measures nothing of a request that was under way when the middleware turned itself off, nor of any later', async () => {
  const sdk = installSdk();
  const scopes: unknown[] = [];
  const app = express().set('env', 'test').use(flagObservability());
  app.get('/before', answer);
  app.get('/during', async (_request, response) => {
    scopes.push(storedScope());
    await evaluate();
    for (let i = 0; i < 10; i += 1) takeFault(PART, new Error('on purpose'));
    response.end('ok');
  });
  app.get('/after', async (_request, _response) => {
    scopes.push(storedScope());
    await evaluate();
    throw new RangeError('sold out');
  });
  app.use(flagErrors());
  expect(await served(sdk, app, '/before')).toHaveLength(1);
  expect(await served(sdk, app, '/during')).toHaveLength(1);
  expect(isDisabled(PART)).toBe(true);
  expect(await served(sdk, app, '/after')).toHaveLength(1);
  expect(scopes).toEqual([expect.anything(), undefined]);
  const records = sdk.logs.getFinishedLogRecords().map((record) => record.eventName);
  expect(records).not.toContain('telltale.operation.failed');
});
