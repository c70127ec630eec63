import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { diag } from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { findThrough } from './peer.js';

type Instrumentations = NodeSDKConfiguration['instrumentations'];

/** What every instrumentation of OpenTelemetry's base class can tell. */
interface WithDefinitions {
  getModuleDefinitions(): readonly { readonly name: string }[];
}

/** Of `import-in-the-middle`, which comes with OpenTelemetry's instrumentations. */
interface RegisterHooks {
  supportsSyncHooks(): boolean;
  register(options: { include?: (string | RegExp)[] }): void;
}

// Instrumentations register with their own copy of it, so that copy has to be the one in the loader.
const BASES = ['@opentelemetry/instrumentation-http', '@opentelemetry/sdk-node'];

const require = nodeModule.createRequire(import.meta.url);

let registered = false;

/**
 * Lets instrumentations reach modules that the application loads by `import`; without it an ES module application
 * has no `http.route`. Must run before the application is loaded, that is, from `node --import`. Only the modules
 * that `instrumentations` ask for are intercepted: wrapping every module costs start-up time and breaks some.
 */
export function registerLoader(instrumentations: Instrumentations): void {
  if (registered || instrumentations.length === 0) return;
  registered = true;
  const include = moduleFilter(instrumentations);
  const options = include === undefined ? {} : { include };
  // Node's synchronous hooks run in this thread, and `module.register` is being deprecated (DEP0205); but older
  // releases of 22 and 24 have a fault that the synchronous loader cannot live with.
  const syncPath = findHook('register-hooks.mjs');
  const hooks = syncPath === undefined ? undefined : (require(syncPath) as RegisterHooks);
  if (hooks?.supportsSyncHooks() === true) {
    hooks.register(options);
    return;
  }
  const path = findHook('hook.mjs');
  if (path === undefined) {
    diag.warn('telltale: import-in-the-middle was not found; ES modules are not instrumented.');
    return;
  }
  nodeModule.register(pathToFileURL(path), { data: options });
}

function findHook(file: string): string | undefined {
  for (const base of BASES) {
    const path = findThrough([base, '@opentelemetry/instrumentation'], `import-in-the-middle/${file}`);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Which modules to intercept, or `undefined` for all, where an instrumentation does not tell. */
function moduleFilter(instrumentations: Instrumentations): (string | RegExp)[] | undefined {
  const filter: (string | RegExp)[] = [];
  for (const instrumentation of instrumentations.flat()) {
    if (!hasDefinitions(instrumentation)) return undefined;
    for (const { name } of instrumentation.getModuleDefinitions()) filter.push(...matchers(name));
  }
  return filter;
}

function hasDefinitions(value: object): value is WithDefinitions {
  return 'getModuleDefinitions' in value && typeof value.getModuleDefinitions === 'function';
}

function matchers(name: string): (string | RegExp)[] {
  if (nodeModule.isBuiltin(name)) return [name, `node:${name.replace(/^node:/, '')}`];
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [name, new RegExp(`/node_modules/${escaped}/`)];
}
