import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type DevCycleClient,
  type DevCycleCloudClient,
  initializeDevCycle,
} from '@devcycle/nodejs-server-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/devcycle.js';
import { kindOf } from '../../src/hooks/sdk-kinds.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/devcycle.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);

const { observeDevCycle } = entry;
let sdk: Sdk;

function records(): Record<string, unknown>[] {
  return sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));
}

function flagsOfSpan(): Record<string, unknown> {
  return Object.assign({}, ...sdk.spans.getFinishedSpans().map(({ attributes }) => attributes));
}

describe('local bucketing', () => {
  let client: DevCycleClient;
  beforeEach(async () => {
    sdk = installSdk();
    client = await subject.start();
  });
  afterEach(() => subject.stop(client));

  it('is known by its shape', () => {
    expect(kindOf(client)?.name).toBe('a DevCycle client');
  });

  it('takes allVariables as an evaluation of each variable it gives, which agrees with the single one', async () => {
    observeDevCycle(client);
    const given = await run('bulk', () => {
      client.variableValue({ user_id: 'user-2' }, 'split', false);
      return client.allVariables({ user_id: 'user-2' });
    });
    expect(Object.keys(given).sort()).toEqual(['boolean', 'number', 'object', 'split', 'string']);
    expect(records().map((record) => record['feature_flag.key'])).toEqual([
      'split',
      'boolean',
      'string',
      'number',
      'object',
    ]);
    expect(flagsOfSpan()).toMatchObject({ 'feature_flags.boolean': 'true', 'feature_flags.split': 'false' });
  });

  it('sees each evaluation once where a hook of the application throws', () => {
    const none = (): void => {};
    const fail = (): never => {
      throw new Error('hook');
    };
    client.addHook({ before: fail, after: none, onFinally: fail, error: none });
    observeDevCycle(client);
    expect(client.variableValue({ user_id: 'ada' }, 'boolean', false)).toBe(true);
    expect(records()).toHaveLength(1);
    expect(records()[0]).toMatchObject({ 'feature_flag.result.variant': 'true' });
  });

  it('counts what a hook of the application evaluates', () => {
    const none = (): void => {};
    const after = ({ variableKey }: { readonly variableKey: string }): void => {
      if (variableKey === 'boolean') client.variableValue({ user_id: 'ada' }, 'ruled', false);
    };
    client.addHook({ before: none, after, onFinally: none, error: none });
    observeDevCycle(client);
    client.variableValue({ user_id: 'ada' }, 'boolean', false);
    expect(records().map((record) => record['feature_flag.key'])).toEqual(['ruled', 'boolean']);
  });

  it.each([
    ['no key', [{ user_id: 'ada' }, undefined, false]],
    ['a number as the key', [{ user_id: 'ada' }, 5, false]],
    ['no user', [null, 'boolean', false]],
    ['no default', [{ user_id: 'ada' }, 'boolean', undefined]],
    ['nothing', []],
  ])('throws what the SDK alone throws for %s', (_name, args) => {
    const evaluate = (): unknown => Reflect.apply(client.variable, client, args);
    const bare = thrownBy(evaluate);
    observeDevCycle(client);
    expect(bare).toBeInstanceOf(Error);
    expect(thrownBy(evaluate)).toEqual(bare);
  });
});

describe('cloud bucketing, against a server of the test', () => {
  let server: Server;
  let client: DevCycleCloudClient;

  beforeEach(async () => {
    sdk = installSdk();
    server = createServer((request, response) => {
      const answer = ANSWERS[request.url ?? ''] ?? { status: 404, body: {} };
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = initializeDevCycle('dvc_server_key', {
      enableCloudBucketing: true,
      bucketingAPIURI: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      logger: { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} },
    });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('writes what the service tells, in the operation that asked', async () => {
    observeDevCycle(client);
    const values = await Promise.all(
      ['on', 'forced', 'typed', 'missing'].map((key) =>
        run(key, async () => client.variableValue({ user_id: 'ada' }, key, false)),
      ),
    );
    expect(values).toEqual([true, true, false, false]);
    expect(records()).toHaveLength(4);
    const told = ([key, variant, reason, errorType]: readonly string[]): Record<string, unknown> => ({
      'feature_flag.key': key,
      'feature_flag.result.variant': variant,
      'feature_flag.result.reason': reason,
      'feature_flag.provider.name': 'DevCycle',
      ...(errorType === undefined ? {} : { 'error.type': errorType }),
    });
    expect(records()).toEqual(
      expect.arrayContaining([
        told(['on', 'true', 'split']),
        told(['forced', 'true', 'targeting_match']),
        told(['typed', 'false', 'error', 'type_mismatch']),
        told(['missing', 'false', 'default']),
      ]),
    );
    const spans = sdk.spans
      .getFinishedSpans()
      .map(({ name, attributes }) => [name, attributes[`feature_flags.${name}`]]);
    expect(Object.fromEntries(spans)).toEqual({
      on: 'true',
      forced: 'true',
      typed: 'false',
      missing: 'false',
    });
  });

  it.each(['null', 'wordless'])('takes a service that tells no reason: %s', async (key) => {
    observeDevCycle(client);
    expect(await client.variableValue({ user_id: 'ada' }, key, false)).toBe(true);
    expect(records()).toMatchObject([
      { 'feature_flag.result.variant': 'true', 'feature_flag.result.reason': 'unknown' },
    ]);
  });

  it('takes allVariables as an evaluation of each variable it gives', async () => {
    observeDevCycle(client);
    expect(await client.allVariables({ user_id: 'ada' })).toEqual(ANSWERS['/v1/variables']?.body);
    expect(records().map((record) => record['feature_flag.key'])).toEqual(['on', 'words']);
  });

  it('rejects as the SDK alone where the service refuses', async () => {
    const evaluate = (): Promise<unknown> => client.variable({ user_id: 'ada' }, 'refused', false);
    const bare = await evaluate().catch((error: unknown) => error);
    observeDevCycle(client);
    expect(await evaluate().catch((error: unknown) => error)).toEqual(bare);
    expect(bare).toBeInstanceOf(Error);
    expect(records()).toMatchObject([{ 'feature_flag.key': 'refused', 'error.type': 'general' }]);
  });
});

const ON = {
  type: 'Boolean',
  value: true,
  eval: { reason: 'SPLIT', details: 'Random Distribution | All Users' },
};
const ANSWERS: Readonly<Record<string, { readonly status: number; readonly body: unknown }>> = {
  '/v1/variables': { status: 200, body: { on: ON, words: { ...ON, type: 'String', value: 'navy' } } },
  '/v1/variables/on': { status: 200, body: ON },
  '/v1/variables/forced': { status: 200, body: { ...ON, eval: { reason: 'OVERRIDE', details: 'Override' } } },
  '/v1/variables/typed': { status: 200, body: { ...ON, type: 'String', value: 'navy' } },
  '/v1/variables/null': { status: 200, body: { ...ON, eval: null } },
  '/v1/variables/wordless': { status: 200, body: { ...ON, eval: {} } },
  '/v1/variables/refused': { status: 401, body: {} },
};

function thrownBy(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch (error) {
    return error;
  }
}
