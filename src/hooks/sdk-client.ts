import { hasMethod, kindOf } from './sdk-kinds.js';

/** What an adapter takes. */
export interface ExpectedClient {
  /** Its function, as messages name it: `observeUnleash`. */
  readonly caller: string;
  /** What it observes: `an Unleash client`. */
  readonly expects: string;
  /** Methods that an object has to have, each of which the adapter leans on. */
  readonly methods: readonly string[];
}

/**
 * Refuses an object that is not of the adapter's SDK.
 *
 * @throws TypeError naming what came, and the adapter that fits it.
 */
export function expectClient({ caller, expects, methods }: ExpectedClient, client: unknown): void {
  if (methods.every((method) => hasMethod(client, method))) return;
  const kind = kindOf(client);
  throw new TypeError(
    `${caller}: expected ${expects}, got ${kind?.name ?? shapeOf(client)}; ` +
      `${kind === undefined ? `it has to have the methods ${methods.join(', ')}` : `use ${kind.use}`}.`,
  );
}

function shapeOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  if (value instanceof Promise) return 'a promise; wait for it first';
  return `an object of the class ${value.constructor?.name || 'unknown'}`;
}
