import { join } from 'node:path';

const SHOP = join(import.meta.dirname, '../../examples/shop');

/** The processes of the demo, which are started as it starts them. */
interface Children {
  readonly signal: AbortSignal;
  start(name: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp): Promise<string[]>;
  stop(): Promise<void>;
}
interface Shopping {
  readonly requests: number;
  readonly errors: number;
  readonly byFlag: Readonly<Record<string, number>>;
}

export interface Shoppers {
  readonly requests: number;
  /** What shoppers order depends on it. */
  readonly seed: number;
  onAnswer?(request: { readonly flag: string }, status: number): void;
}

// The examples are plain JavaScript; an address that is not written out keeps the compiler from looking for their types.
const { createChildren }: { createChildren(): Children } = await import(join(SHOP, 'children.js'));
const { shop }: { shop(options: object): Promise<Shopping> } = await import(join(SHOP, 'shoppers.js'));

/** The demo's shop and its payment gateway. */
export interface ShopProcess extends AsyncDisposable {
  readonly url: string;
  /** Lets the demo's shoppers in, a few at once; of one seed they send the same requests in each run. */
  visit(shoppers: Shoppers): Promise<Shopping>;
  /** Lets both end, and what telemetry is waiting go out. */
  stop(): Promise<void>;
}

/** @param env beside this process's own, for the shop: where its telemetry goes, and how */
export async function startShop(env: Readonly<Record<string, string>>): Promise<ShopProcess> {
  const children = createChildren();
  const start = (name: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<string[]> =>
    children.start(name, args, { ...process.env, ...more }, /listens on (\S+)/);
  const [PAYMENTS_URL] = await start('the payment gateway', [join(SHOP, 'payments.js')]);
  const args = ['--import', join(SHOP, 'telemetry.js'), join(SHOP, 'app.js')];
  const { stop } = children;
  const [url = ''] = await start('the shop', args, { PAYMENTS_URL, ...env }).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    url,
    visit: (shoppers) => shop({ url, seconds: 60, concurrency: 16, signal: children.signal, ...shoppers }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
