import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { WAIT } from '../support/notifier.js';
import { type NotifyReceiver, notifyReceiver } from '../support/notify-receiver.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const FLAG = 'new-checkout';

let dataDir: string;
let receiver: NotifyReceiver;
beforeEach(async () => {
  dataDir = temporaryFolder();
  receiver = await notifyReceiver();
});
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

const up = (): Promise<BackendProcess> =>
  telltaleUp(dataDir, {
    args: ['--notify', `grafana+${receiver.url}`, '--public-url', 'https://telltale.example'],
    env: {
      TELLTALE_NOTIFY: `${receiver.url}/services/T0`,
      TELLTALE_NOTIFY_SECRET: SECRET,
      TELLTALE_GRAFANA_TOKEN: 'glsa_token',
    },
  });

let reports = 0;

/** A report of the shop in OTLP/JSON: requests of each variant, and how many of them failed. */
async function send(
  { otlpUrl }: BackendProcess,
  counts: Readonly<Record<string, readonly [requests: number, errors: number]>>,
): Promise<void> {
  reports += 1;
  const time = BigInt(Date.now() - 100_000 + reports) * 1_000_000n;
  const list = (of: object) =>
    Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const point = (variant: string, count: number, error: object) => ({
    attributes: list({
      ...{ 'feature_flag.key': FLAG, 'feature_flag.result.variant': variant },
      ...{ 'telltale.assignment': 'assigned', ...error },
    }),
    startTimeUnixNano: String(time - 60_000_000_000n),
    timeUnixNano: String(time),
    ...{ count, scale: 2, positive: { offset: -21, bucketCounts: [count] } },
  });
  const dataPoints = Object.entries(counts).flatMap(([variant, [requests, errors]]) => [
    point(variant, requests - errors, {}),
    point(variant, errors, { 'error.type': '500' }),
  ]);
  const exponentialHistogram = { aggregationTemporality: 1, dataPoints };
  const metrics = [{ name: 'telltale.operation.duration', unit: 's', exponentialHistogram }];
  const resource = { attributes: list({ 'service.name': 'shop' }) };
  const response = await fetch(`${otlpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }),
  });
  expect(response.status).toBe(200);
}

const at = (path: string) => receiver.requests.filter((request) => request.path === path);
const looked = ({ apiUrl }: BackendProcess) =>
  vi.waitFor(async () => {
    const metrics = await (await fetch(`${apiUrl}/metrics`)).text();
    expect(metrics).toMatch(/^telltale_notify_looks_total [1-9]/m);
  }, WAIT);

/** The page's example of a receiver in this language, which writes what it says of a message on standard input. */
function example(language: 'js' | 'python'): string {
  const page = readFileSync(join(import.meta.dirname, '../../docs/notifications.md'), 'utf8');
  return new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)?.[1] ?? '';
}

async function verified(language: 'js' | 'python', program: string): Promise<string> {
  const [request] = at('/services/T0');
  const file = join(dataDir, language === 'js' ? 'verify.mjs' : 'verify.py');
  writeFileSync(file, example(language));
  if (request === undefined) throw new Error('nothing came');
  const { headers, body } = request;
  const given = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]));
  const run = async (text: string): Promise<string> => {
    const running = promisify(execFile)(program, [file, ...given], {
      env: { TELLTALE_NOTIFY_SECRET: SECRET },
    });
    running.child.stdin?.end(text);
    return (await running).stdout.trim();
  };
  expect(await run(`${body} `)).toBe('refused');
  return run(body);
}

async function turned(): Promise<void> {
  await using before = await up();
  await send(before, { on: [100, 1], off: [100, 1] });
  await looked(before);
  const told = await fetch(`${before.apiUrl}/api/v1/changes`, {
    method: 'POST',
    body: JSON.stringify({ kind: 'flag', flag: FLAG, shares: { on: 10, off: 90 } }),
  });
  expect(told.status).toBe(201);
  await vi.waitFor(() => expect(at('/api/annotations')).toHaveLength(1), WAIT);
  await send(before, { on: [1000, 200], off: [1000, 5] });
  expect(await before.stop()).toBe(0);
}

test('telltale up tells a change to Grafana and a verdict that turned while it was down to a webhook, each once', async () => {
  await turned();
  for (const start of ['first', 'second']) {
    await using backend = await up();
    await looked(backend);
    await vi.waitFor(() => expect(at('/services/T0'), start).toHaveLength(1), WAIT);
    expect(await backend.stop()).toBe(0);
    expect(backend.stderr()).toBe('');
  }
  expect(receiver.requests).toHaveLength(2);
  expect(at('/api/annotations')[0]?.json.tags).toEqual([
    'telltale',
    'flag',
    'flag:new-checkout',
    'variant:off',
    'variant:on',
  ]);
  expect(at('/services/T0')[0]?.json.telltale).toMatchObject({
    ...{ from: 'hold', to: 'roll-back' },
    link: 'https://telltale.example/flags/new-checkout',
  });
  expect(await verified('js', process.execPath)).toBe('new-checkout: roll-back');
}, 120_000);

test("the page's receiver in Python takes it too", { ...needsTool('python'), timeout: 120_000 }, async () => {
  await turned();
  await using _backend = await up();
  await vi.waitFor(() => expect(at('/services/T0')).toHaveLength(1), WAIT);
  expect(await verified('python', toolPath('python'))).toBe('new-checkout: roll-back');
});

test('what cannot be told is said at the start', async () => {
  const refused = await telltale(['up', '--notify', 'grafana+https://grafana.example']);
  expect([refused.code, refused.stderr]).toEqual([
    64,
    expect.stringContaining(
      'token of a service account that may create annotations, in TELLTALE_GRAFANA_TOKEN',
    ),
  ]);
  const source = await telltale([
    ...['up', '--source', 'prometheus+http://127.0.0.1:9'],
    ...['--notify', 'https://hook.example'],
  ]);
  expect([source.code, source.stderr]).toEqual([
    64,
    expect.stringContaining('--notify is of no use with --source'),
  ]);
});
