import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads an optional peer dependency at the moment it is needed, so that importing Telltale loads none of them.
 *
 * @param name The package.
 * @param via Packages of which each depends on the next, and the last on it; where it is not installed beside
 *   Telltale, that one's is as good.
 * @throws Error that says what to install.
 */
export function loadPeer(name: string, ...via: readonly string[]): unknown {
  const path = tryResolve(require, name) ?? (via.length === 0 ? undefined : findThrough(via, name));
  if (path !== undefined) return require(path);
  throw new Error(
    `telltale/node needs the package ${name}, which is not installed. Run: ${mend(name, via[0])}`,
  );
}

function mend(name: string, via: string | undefined): string {
  if (via === undefined || tryResolve(require, via) === undefined) return `npm install ${name}`;
  // Only later releases of `via` bring it, and its own newest one may be of another SDK.
  return `npm install ${via}@latest, or with OpenTelemetry JS 2: npm install ${via}@^0.223.0`;
}

/**
 * Where a module is that only dependencies of dependencies can load, or `undefined`: the very copy that the last
 * of `chain` uses, which need not be the one that was hoisted.
 */
export function findThrough(chain: readonly string[], name: string): string | undefined {
  let from = require;
  for (const step of chain) {
    const path = tryResolve(from, step);
    if (path === undefined) return undefined;
    from = createRequire(path);
  }
  return tryResolve(from, name);
}

function tryResolve(from: NodeJS.Require, name: string): string | undefined {
  try {
    return from.resolve(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}
