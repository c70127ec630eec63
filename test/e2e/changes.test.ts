import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { launchDarklyPayload } from '../support/launchdarkly-payload.js';

const SECRET = 'of the webhook';
const FLAG = 'new-checkout';

let dataDir: string;
let backend: BackendProcess;

beforeAll(async () => {
  dataDir = temporaryFolder();
  backend = await telltaleUp(dataDir, { env: { TELLTALE_LAUNCHDARKLY_WEBHOOK_SECRET: SECRET } });
});
afterAll(async () => {
  expect(await backend.stop()).toBe(0);
  rmSync(dataDir, { recursive: true, force: true });
});

const agoSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;

/** A delta point of the wire format, JSON, of the variations by their index, as LaunchDarkly's hook writes them. */
async function send(version: string, at: number, variant: string, count: number): Promise<void> {
  const attributes = {
    'feature_flag.key': FLAG,
    'feature_flag.result.variant': variant,
    'telltale.assignment': 'assigned',
  };
  const list = (of: object) =>
    Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const point = {
    attributes: list(attributes),
    startTimeUnixNano: `${at - 60}000000000`,
    timeUnixNano: `${at}000000000`,
  };
  const dataPoints = [{ ...point, count, scale: 2, positive: { offset: -21, bucketCounts: [count] } }];
  const metric = { name: 'telltale.operation.duration', unit: 's' };
  const metrics = [{ ...metric, exponentialHistogram: { aggregationTemporality: 1, dataPoints } }];
  const resource = { attributes: list({ 'service.name': 'shop', 'service.version': version }) };
  const response = await fetch(`${backend.otlpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }),
  });
  expect(response.status).toBe(200);
}

test("LaunchDarkly's webhook, a told deployment and one that is seen stand in compare, and begin it", async () => {
  const began = agoSeconds(1800);
  await send('1.4.1', agoSeconds(5400), '1', 1000);
  await send('1.4.1', agoSeconds(1500), '1', 900);
  await send('1.4.1', agoSeconds(1500), '0', 100);
  await send('1.4.2', agoSeconds(300), '0', 10);
  const body = JSON.stringify(launchDarklyPayload(FLAG, { date: began * 1000, comment: 'first step' }));
  const webhook = await fetch(`${backend.apiUrl}/webhooks/launchdarkly`, {
    method: 'POST',
    headers: { 'x-ld-signature': createHmac('sha256', SECRET).update(body).digest('hex') },
    body,
  });
  expect(await webhook.json()).toEqual({ stored: 1 });
  const told = await fetch(`${backend.apiUrl}/api/v1/changes`, {
    method: 'POST',
    body: JSON.stringify({
      ...{ kind: 'deployment', service: 'shop', version: '1.4.1', author: 'ci' },
      time: new Date(agoSeconds(7200) * 1000).toISOString(),
    }),
  });
  expect(told.status).toBe(201);

  const ask = (...args: string[]) =>
    telltale(['compare', FLAG, '--control', '1', '--url', backend.apiUrl, ...args]);
  const document = JSON.parse((await ask('--json')).stdout);
  expect(document.window.from).toBe(new Date(began * 1000).toISOString());
  expect(document.changes).toMatchObject([
    { kind: 'deployment', origin: 'telemetry', service: 'shop', version: '1.4.2' },
    { kind: 'flag', origin: 'webhook', shares: { 0: 0.1, 1: 0.9 }, sharesBefore: { 1: 1 } },
    { kind: 'deployment', origin: 'api', service: 'shop', version: '1.4.1' },
  ]);
  const { code, stdout } = await ask();
  expect(code).toBe(0);
  const [, ...lines] = stdout.slice(stdout.indexOf('  last changes')).split('\n', 4);
  expect(lines.map((line) => line.replace(/^ {4}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}/, ''))).toEqual([
    'shop 1.4.2, told by telemetry',
    '1 100.0 % -> 0 10.0 %, 1 90.0 %, version 7, in production, by Ada Lovelace, first step, told by a webhook',
    'shop 1.4.1, by ci, told by the API',
  ]);
  const listed = await fetch(`${backend.apiUrl}/api/v1/changes?flag=${FLAG}`);
  expect(await listed.json()).toMatchObject({ changes: document.changes });
});
