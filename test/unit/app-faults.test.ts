import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import { DiagLogLevel, diag, metrics } from '@opentelemetry/api';
import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { TelltaleHook } from '../../src/hooks/openfeature.js';
import { flagObservability } from '../../src/http/express.js';
import { listen } from '../support/app-listen.js';
import { createMeters } from '../support/app-sdk.js';

const errors: string[] = [];
const warnings: string[] = [];
let asked = 0;

beforeAll(async () => {
  const ignore = (): void => {};
  diag.setLogger(
    {
      error: (message) => void errors.push(message),
      warn: (message) => void warnings.push(message),
      info: ignore,
      debug: ignore,
      verbose: ignore,
    },
    DiagLogLevel.WARN,
  );
  // Everything that Telltale writes begins with its instruments: here they fail.
  metrics.setGlobalMeterProvider({
    getMeter() {
      asked += 1;
      throw new Error('no meters today');
    },
  });
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider({
      flag: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
    }),
  );
  OpenFeature.addHooks(new TelltaleHook());
});
afterAll(() => diag.disable());

it('never changes a result, answers every request, and turns each broken part off with one error', async () => {
  const app = express();
  app.use(flagObservability());
  app.get('/', async (_request, response) => {
    response.json(await OpenFeature.getClient().getBooleanDetails('flag', false));
  });
  await using server = await listen(app);
  for (let i = 0; i < 20; i += 1) {
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ value: true, variant: 'on', reason: 'STATIC' });
  }
  expect(warnings.filter((line) => line.includes('no meters today'))).toHaveLength(1);
  // One for each part that needs them.
  expect(errors.toSorted()).toStrictEqual([
    'telltale: 10 internal faults in TelltaleHook: off until a restart.',
    'telltale: 10 internal faults in the Express middleware: off until a restart.',
  ]);
  expect(dropCounts().get('fault')).toBe(20);
  // Off: the broken parts are not even tried any more.
  expect(asked).toBe(20);
});

it('stays off', async () => {
  metrics.disable();
  const meters = createMeters();
  metrics.setGlobalMeterProvider(meters.provider);
  expect(await OpenFeature.getClient().getBooleanValue('flag', false)).toBe(true);
  expect(await meters.points('feature_flag.evaluations')).toEqual([]);
});
