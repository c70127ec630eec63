import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for each program that tests run beside ours: the module that a Go program is built from, or what is installed
 * into a virtual environment of Python.
 */
export const MODULES: string = join(import.meta.dirname, '../tools');

/** The same for the peers of benches, which only a bench needs. */
export const PEERS: string = join(import.meta.dirname, '../../bench/tools');

/** The collector is made from what users make theirs from. */
export const COLLECTOR: string = join(import.meta.dirname, '../../collector');

/** What a program is made from. */
export function moduleFolder(name: string): string {
  if (name === 'collector') return COLLECTOR;
  const peer = join(PEERS, name);
  return existsSync(peer) ? peer : join(MODULES, name);
}

/** Where the built ones stay, for every checkout. */
export const CACHE: string = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'telltale',
  'tools',
);

/** How they are built: Prometheus without its clients of 25 clouds, which no test asks and which are most of it. */
export const BUILD_FLAGS: readonly string[] = ['-trimpath', '-tags=remove_all_sd'];

/** What builds a collector from a manifest. */
export const COLLECTOR_BUILDER: string = 'go.opentelemetry.io/collector/cmd/builder@v0.159.0';

/** What a program is made with, and where to get that. */
export const TOOLCHAINS = {
  collector: 'Go (https://go.dev/dl)',
  go: 'Go (https://go.dev/dl)',
  python: 'Python 3.10 or newer with its venv (https://www.python.org)',
} as const;

/** Python where there is a list of packages, else Go. */
export function toolchain(name: string): keyof typeof TOOLCHAINS {
  if (name === 'collector') return 'collector';
  return existsSync(join(moduleFolder(name), 'requirements.txt')) ? 'python' : 'go';
}

/** The folder of a program once `npm run tools` has made it: what it is made from names it. */
export function toolFolder(name: string): string {
  const isCollector = toolchain(name) === 'collector';
  const hash = createHash('sha256').update(isCollector ? COLLECTOR_BUILDER : BUILD_FLAGS.join(' '));
  const folder = moduleFolder(name);
  // Beside the manifest are configurations.
  const files = isCollector ? ['builder.yaml'] : readdirSync(folder).sort();
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  return join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** What is run: of a virtual environment the interpreter. */
export function toolPath(name: string): string {
  const paths = {
    collector: join('_build', 'otelcol-telltale'),
    go: name,
    python: join('bin', 'python'),
  };
  const path = paths[toolchain(name)];
  return join(toolFolder(name), path);
}
