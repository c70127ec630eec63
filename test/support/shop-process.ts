import { join } from 'node:path';

const SHOP = join(import.meta.dirname, '../../examples/shop');

interface Children {
  start(name: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp): Promise<string[]>;
  stop(): Promise<void>;
}
interface Shopping {
  readonly requests: number;
  readonly errors: number;
  readonly byFlag: Readonly<Record<string, number>>;
}

// The examples are plain JavaScript; an address that is not written out keeps the compiler from looking for their types.
const { createChildren }: { createChildren(): Children } = await import(join(SHOP, 'children.js'));
const { shop }: { shop(options: object): Promise<Shopping> } = await import(join(SHOP, 'shoppers.js'));

/** The demo's shop and its payment gateway. */
export interface ShopProcess extends AsyncDisposable {
  readonly url: string;
  /** Lets the demo's shoppers in, who send the same requests in each run. */
  visit(requests: number): Promise<Shopping>;
  /** Lets both end, and what telemetry is waiting go out. */
  stop(): Promise<void>;
}

/** @param env beside this process's own, for the shop: where its telemetry goes, and how */
export async function startShop(env: Readonly<Record<string, string>>): Promise<ShopProcess> {
  const children = createChildren();
  const ready = /listens on (\S+)/;
  const [PAYMENTS_URL] = await children.start('payments', [join(SHOP, 'payments.js')], process.env, ready);
  const args = ['--import', join(SHOP, 'telemetry.js'), join(SHOP, 'app.js')];
  const [url = ''] = await children.start('shop', args, { ...process.env, PAYMENTS_URL, ...env }, ready);
  const stop = (): Promise<void> => children.stop();
  return {
    url,
    visit: (requests) => shop({ url, requests, seconds: 60, seed: 1 }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
