import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

/** Where the fixtures are, with SDK 3. */
export const FIXTURES: string = join(import.meta.dirname, '../fixtures');

/** A fixture's path, from its name; without an ending it is an ES module. */
export function fixture(name: string, folder: string = FIXTURES): string {
  return join(folder, extname(name) === '' ? `${name}.js` : name);
}

export interface App extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it wrote to stderr: warnings of Node and of OpenTelemetry. */
  stderr(): string;
  /** The next message that has this key. */
  message(key: string): Promise<unknown>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Lets it close its server, flush and end by itself. */
  stop(): Promise<void>;
}

export interface AppOptions {
  readonly entry?: string;
  /**
   * What is loaded before the application, a fixture or an entry point of the package: by `--require` where it ends
   * in `.cjs`, else by `--import`.
   */
  readonly telemetry?: string | undefined;
  /** Where the two are, and whose packages they find. */
  readonly fixtures?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts an application in a process of its own, with nothing of this process's OpenTelemetry settings. */
export async function startApp(options: AppOptions): Promise<App> {
  const child = fork(fixture(options.entry ?? 'app-server', options.fixtures), {
    execArgv: preload(options),
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = once(child, 'exit');
  const message = async (key: string): Promise<unknown> => {
    for (;;) {
      const result = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
      const received: unknown = result?.[0];
      if (result === undefined) throw new Error(`the application ended before it sent "${key}": ${stderr}`);
      if (typeof received === 'object' && received !== null && key in received) {
        return (received as Record<string, unknown>)[key];
      }
    }
  };
  const port = await message('port');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.send('stop');
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    stderr: () => stderr,
    message,
    get: (path, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers }),
    stop,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}

function preload(options: AppOptions): string[] {
  const name = 'telemetry' in options ? options.telemetry : 'app-telemetry';
  if (name === undefined) return [];
  if (name.startsWith('telltale/')) return ['--import', name];
  return [name.endsWith('.cjs') ? '--require' : '--import', fixture(name, options.fixtures)];
}

function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL|TELLTALE|VITEST|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}
