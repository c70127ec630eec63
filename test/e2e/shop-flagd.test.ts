import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/backend-process.js';
import { startFlagdStandIn } from '../support/flagd-stand-in.js';

// The containers of docker-compose.yml that are ours, as processes: the same commands and variables.

interface Children {
  readonly signal: AbortSignal;
  start(name: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp): Promise<string[]>;
  stop(): Promise<void>;
}
interface Backend {
  readonly otlp: string;
  waitFor(sent: object, options: { seconds: number; signal: AbortSignal }): Promise<void>;
  compareAsJson(flag: string, signal: AbortSignal): Promise<{ variants: { variant: string }[] }>;
}

// The example is plain JavaScript, outside of the compiler's project.
const SHOP = join(import.meta.dirname, '../../examples/shop');
const { createChildren }: { createChildren(): Children } = await import(join(SHOP, 'children.js'));
const { startBackend }: { startBackend(children: Children, options: object): Promise<Backend> } =
  await import(join(SHOP, 'backend.js'));
const patience = { timeout: 60_000, interval: 200 };

test('the shop takes its flags from flagd, and their changes; its shoppers are compared', {
  timeout: 240_000,
}, async () => {
  const flags = readFileSync(join(SHOP, 'flags.json'), 'utf8');
  await using flagd = await startFlagdStandIn(flags);
  const children = createChildren();
  try {
    const backend = await startBackend(children, { data: temporaryFolder(), atUsualPorts: false });
    const start = (file: string, env: NodeJS.ProcessEnv, ready: RegExp, args: string[] = []) =>
      children.start(file, [...args, join(SHOP, file)], { PATH: process.env['PATH'], ...env }, ready);
    const [payments] = await start('payments.js', {}, /listens on (\S+)/);
    const env = {
      PAYMENTS_URL: payments,
      FLAGD_HOST: '127.0.0.1',
      FLAGD_SYNC_PORT: `${flagd.port}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: backend.otlp,
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    };
    const telemetry = ['--import', join(SHOP, 'telemetry.js')];
    const [shop] = await start('app.js', env, /listens on (\S+)/, telemetry);
    await start('crowd.js', { SHOP_URL: shop, RATE: '100' }, /send 100 requests a second to (\S+)\./);

    // Everybody else does not see the beta of the cart.
    expect(await cartLine(`${shop}`)).not.toHaveProperty('name');
    await backend.waitFor({ 'new-checkout': 100 }, { seconds: 90, signal: children.signal });
    const { variants } = await backend.compareAsJson('new-checkout', children.signal);
    expect(variants.map(({ variant }) => variant).sort()).toEqual(['off', 'on']);

    flagd.change(withBetaForAll(flags));
    await vi.waitFor(async () => expect(await cartLine(`${shop}`)).toHaveProperty('name'), patience);
  } finally {
    await children.stop();
  }
});

/** What a shopper sees of the thing that they put into their cart. */
async function cartLine(shop: string): Promise<unknown> {
  const answer = await fetch(`${shop}/cart`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 'somebody' },
    body: JSON.stringify({ id: 8, quantity: 1 }),
  });
  const [line] = (await answer.json()) as unknown[];
  return line;
}

function withBetaForAll(flags: string): string {
  const file = JSON.parse(flags) as { metadata: object; flags: Record<string, object> };
  const beta = { ...file.flags['beta-cart'], defaultVariant: 'on', targeting: {} };
  return JSON.stringify({
    ...file,
    metadata: { ...file.metadata, version: '2' },
    flags: { ...file.flags, 'beta-cart': beta },
  });
}
