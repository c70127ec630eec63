import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basicLogger, init, type LDOptions } from '@launchdarkly/node-server-sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/launchdarkly.js';
import { FLAG_FILE, startFromFile, subject } from '../sdks/launchdarkly.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describe('over TestData', () => describeSdk(subject, entry));

describe('over FileDataSource', () => describeSdk({ ...subject, start: startFromFile }, entry));

const FLAGS = readFileSync(FLAG_FILE, 'utf8');
const ENVIRONMENT = { 'x-ld-envid': 'env-of-the-key' };
/** LaunchDarkly's servers, as far as a client needs them. */
const SERVERS: Readonly<Record<string, RequestListener>> = {
  polling: (_request, response) => {
    response.writeHead(200, { ...ENVIRONMENT, 'content-type': 'application/json' }).end(FLAGS);
  },
  streaming: (_request, response) => {
    response.writeHead(200, { ...ENVIRONMENT, 'content-type': 'text/event-stream' });
    response.write(`event: put\ndata: ${JSON.stringify({ path: '/', data: JSON.parse(FLAGS) })}\n\n`);
  },
};

describe('a client that has its flags over the network', () => {
  let sdk: Sdk;
  beforeEach(() => {
    sdk = installSdk();
  });

  it.each(Object.entries(SERVERS))('by %s tells the environment of its key', async (how, answer) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options: LDOptions = { stream: how === 'streaming', baseUri: uri, streamUri: uri, eventsUri: uri };
    const logger = basicLogger({ level: 'none' });
    const client = init('sdk-key', { ...options, sendEvents: false, diagnosticOptOut: true, logger });
    try {
      entry.observeLaunchDarkly(client);
      await client.waitForInitialization({ timeout: 5 });
      expect(await client.variation('string', { kind: 'user', key: 'bob' }, 'none')).toBe('olive');
      const [record] = sdk.logs.getFinishedLogRecords();
      expect(record?.attributes?.['feature_flag.set.id']).toBe('env-of-the-key');
    } finally {
      client.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
