import { AsyncLocalStorage } from 'node:async_hooks';
import { registerHooks } from 'node:module';

/** What `flags` imports of the frameworks, by what it imports it as. Neither is installed. */
const STANDINS: Readonly<Record<string, string>> = {
  // All that it calls of Next.js to evaluate: the request's headers and cookies.
  'next/headers': `
    const store = () => globalThis[Symbol.for('telltale.test.request')].getStore();
    export const headers = async () => store().headers;
    export const cookies = async () => store().cookies;`,
  // What it answers the toolbar's request for all definitions with; nothing of an evaluation.
  '@sveltejs/kit': 'export const error = () => {}; export const json = () => {};',
};

interface NextRequest {
  readonly headers: Headers;
  readonly cookies: { get(name: string): { readonly value: string } | undefined };
}

const requests = new AsyncLocalStorage<NextRequest>();

/** Gives `flags` the two functions of Next.js and of SvelteKit that it imports. */
export function standInForFrameworks(): void {
  Reflect.set(globalThis, Symbol.for('telltale.test.request'), requests);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const source = STANDINS[specifier];
      if (source === undefined) return nextResolve(specifier, context);
      return {
        url: `data:text/javascript,${encodeURIComponent(source)}`,
        format: 'module',
        shortCircuit: true,
      };
    },
  });
}

/** Runs as in a request of Next.js's App Router. */
export function inNextRequest<T>(given: Readonly<Record<string, string>>, fn: () => T): T {
  const cookies = new Map(Object.entries(given).map(([name, value]) => [name, { value }]));
  return requests.run({ headers: new Headers({ 'x-user': 'user-1' }), cookies }, fn);
}
