import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type EvaluationDetails,
  type FlagValue,
  InMemoryProvider,
  OpenFeature,
} from '@openfeature/server-sdk';
import { type DiagLogger, DiagLogLevel, diag, metrics } from '@opentelemetry/api';
import type { Express } from 'express';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { observeLaunchDarkly } from '../../src/hooks/launchdarkly.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { FeatureFlagInstrumentation } from '../../src/node/instrumentation.js';
import { listen } from '../support/app-listen.js';
import { EVALUATION, RECORDS_OFF } from '../support/app-operation.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

interface Histogram {
  readonly count: number;
}

/** A folder from which `express` is Express 4: hooks go by a package's folder, and its alias has another. */
const express4Folder = mkdtempSync(join(ROOT, 'node_modules', '.telltale-'));
cpSync(join(ROOT, 'node_modules/express4'), join(express4Folder, 'node_modules/express'), {
  recursive: true,
});
afterAll(() => rmSync(express4Folder, { recursive: true }));

async function ask(url: string): Promise<number> {
  const response = await fetch(url);
  await response.text();
  return response.status;
}

async function counts(sdk: Sdk, key: string): Promise<[unknown, number][]> {
  const points = await sdk.points('telltale.operation.duration');
  return points
    .filter((point) => point.attributes['feature_flag.key'] === key)
    .map((point) => [point.attributes['http.route'], (point.value as Histogram).count]);
}

async function evaluations(sdk: Sdk, key: string): Promise<unknown> {
  const points = await sdk.points('feature_flag.evaluations');
  return points.find((point) => point.attributes['feature_flag.key'] === key)?.value;
}

let instrumentation: FeatureFlagInstrumentation;
let sdk: Sdk;
beforeEach(() => {
  metrics.disable();
  sdk = installSdk();
  instrumentation?.enable();
});

describe('a module loaded before the instrumentation', () => {
  it('is named in a warning, where it is too late for it', async () => {
    require('express');
    const warnings: string[] = [];
    const nothing = (): void => {};
    const logger: DiagLogger = {
      error: nothing,
      info: nothing,
      debug: nothing,
      verbose: nothing,
      warn: (message) => warnings.push(message),
    };
    instrumentation = new FeatureFlagInstrumentation();
    // As an SDK does it: after its instrumentations were made.
    diag.setLogger(logger, DiagLogLevel.WARN);
    await new Promise(process.nextTick);
    diag.disable();
    expect(warnings).toEqual([
      expect.stringMatching(/express .*loaded before FeatureFlagInstrumentation.*--import/),
    ]);
  });
});

describe.each([
  ['4', join(express4Folder, 'app.js')],
  ['5', fileURLToPath(import.meta.url)],
])('Express %s', (major, from) => {
  const load = (): (() => Express) => createRequire(from)('express');

  function application(key: string): Express {
    const app = load()();
    app.get('/orders/:order', (_request, response) => {
      recordEvaluation({ ...EVALUATION, key }, RECORDS_OFF);
      response.end('ok');
    });
    return app;
  }

  it('has every request as one operation, in a mounted application too', async () => {
    const key = `mounted ${major}`;
    const root = application(key);
    root.use('/admin', application(key));
    await using server = await listen(root);
    for (const path of ['/orders/1', '/orders/2', '/admin/orders/3']) await ask(server.url + path);
    const counted = await counts(sdk, key);
    expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
    expect(counted).toContainEqual(['/orders/:order', 2]);
  });

  it('is left alone from disable() to enable(), whenever its application was made', async () => {
    const key = `disabled ${major}`;
    const before = application(key);
    instrumentation.disable();
    await using early = await listen(before);
    await using late = await listen(application(key));
    for (const server of [early, late]) expect(await ask(`${server.url}/orders/1`)).toBe(200);
    expect(await counts(sdk, key)).toEqual([]);
    instrumentation.enable();
    expect(await ask(`${early.url}/orders/1`)).toBe(200);
    expect(await counts(sdk, key)).toEqual([['/orders/:order', 1]]);
  });
});

describe('OpenFeature', () => {
  const own = { finally: (_context: unknown, _details: EvaluationDetails<FlagValue>): void => {} };
  const other = { finally: (): void => {} };

  it("gets the hook once, and after disable() only the application's are left, in their order", async () => {
    OpenFeature.clearHooks().addHooks(own);
    // The ES module is loaded already, and shares its API.
    require('@openfeature/server-sdk');
    require('@openfeature/server-sdk');
    OpenFeature.addHooks(other);
    expect(OpenFeature.getHooks()).toHaveLength(3);
    const flag = { variants: { on: true }, defaultVariant: 'on', disabled: false };
    await OpenFeature.setProviderAndWait(new InMemoryProvider({ instrumented: flag }));
    await OpenFeature.getClient().getBooleanValue('instrumented', false);
    expect(await evaluations(sdk, 'instrumented')).toBe(1);
    instrumentation.disable();
    expect(OpenFeature.getHooks()).toEqual([own, other]);
  });
});

describe('LaunchDarkly', () => {
  it('has every client observed, and what is read of all flags, until disable()', async () => {
    const { TestData } = require('@launchdarkly/node-server-sdk/integrations');
    const launchDarkly: typeof import('@launchdarkly/node-server-sdk') = require('@launchdarkly/node-server-sdk');
    const testData = new TestData();
    testData.update(testData.flag('offline').booleanFlag().variationForAll(true));
    const seen: string[] = [];
    const client = launchDarkly.init('key', {
      updateProcessor: testData.getFactory(),
      sendEvents: false,
      hooks: [
        {
          getMetadata: () => ({ name: 'own' }),
          afterEvaluation: (context, data) => {
            seen.push(context.flagKey);
            return data;
          },
        },
      ],
    });
    await client.waitForInitialization({ timeout: 5 });
    const evaluate = (): Promise<boolean> =>
      client.variation('offline', { kind: 'user', key: 'anna' }, false);
    expect(await evaluate()).toBe(true);
    expect(await evaluations(sdk, 'offline')).toBe(1);
    const read = async (): Promise<boolean> => {
      const state = await client.allFlagsState({ kind: 'user', key: 'anna' }, { withReasons: true });
      return state.getFlagValue('offline');
    };
    expect(await read()).toBe(true);
    expect(await evaluations(sdk, 'offline')).toBe(2);
    instrumentation.disable();
    expect(await evaluate()).toBe(true);
    expect(await read()).toBe(true);
    expect(await evaluations(sdk, 'offline')).toBe(2);
    expect(seen).toEqual(['offline', 'offline']);
    client.close();
    instrumentation.enable();
  });

  it('writes once where the application observes its client itself, and with its names', async () => {
    const { TestData } = require('@launchdarkly/node-server-sdk/integrations');
    const launchDarkly: typeof import('@launchdarkly/node-server-sdk') = require('@launchdarkly/node-server-sdk');
    const testData = new TestData();
    testData.update(testData.flag('named').variations('v1', 'v2').fallthroughVariation(1));
    const options = { updateProcessor: testData.getFactory(), sendEvents: false };
    const client = launchDarkly.init('key', options);
    observeLaunchDarkly(client, { variations: { named: ['control', 'treatment'] } });
    await client.waitForInitialization({ timeout: 5 });
    await client.variation('named', { kind: 'user', key: 'anna' }, 'none');
    (await client.allFlagsState({ kind: 'user', key: 'anna' })).getFlagValue('named');
    const written = sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));
    expect(written.map((attributes) => attributes['feature_flag.result.variant'])).toEqual([
      'treatment',
      'treatment',
    ]);
    client.close();
  });

  it('is left to the hook of OpenFeature where that one made the client', async () => {
    const launchDarkly: typeof import('@launchdarkly/node-server-sdk') = require('@launchdarkly/node-server-sdk');
    // As `@launchdarkly/openfeature-node-server` makes it.
    const client = launchDarkly.init('key', { offline: true, wrapperName: 'open-feature-node-server' });
    await client.variation('behind-openfeature', { kind: 'user', key: 'anna' }, false);
    (await client.allFlagsState({ kind: 'user', key: 'anna' })).getFlagValue('behind-openfeature');
    expect(await evaluations(sdk, 'behind-openfeature')).toBeUndefined();
    client.close();
  });
});
