import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The command as a user runs it; the tests need the build. */
export const TELLTALE: string = join(import.meta.dirname, '../../bin/telltale.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function telltale(args: readonly string[], cwd: string = tmpdir()): Promise<Finished> {
  const child = spawn(process.execPath, [TELLTALE, ...args], { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Disposing of it ends it, where the test has not. */
export interface BackendProcess extends AsyncDisposable {
  readonly otlpUrl: string;
  /** undefined where OTLP/gRPC is off. */
  readonly grpcUrl: string | undefined;
  readonly apiUrl: string;
  readonly process: ChildProcess;
  /** What it wrote there so far. */
  stderr(): string;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const READY = /^telltale is ready: OTLP (\S+),(?: OTLP\/gRPC (\S+),)? API (\S+), page \S+$/;

export interface UpOptions {
  /** @default --otlp-grpc-port 0 */
  readonly grpc?: readonly string[];
  /** @default a free one */
  readonly apiPort?: number;
  /** Beside the ports and the folder. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where `telltale.config.json` may be. @default the tests' own */
  readonly cwd?: string;
}

/** Starts `telltale up` on free ports and waits for the line that says it is ready. */
export async function telltaleUp(
  store: string | { readonly clickhouseUrl: string },
  options: UpOptions = {},
): Promise<BackendProcess> {
  const { grpc = ['--otlp-grpc-port', '0'], args = [], env = {}, apiPort = 0, cwd = process.cwd() } = options;
  const ports = ['--otlp-port', '0', ...grpc, '--port', `${apiPort}`];
  const where = typeof store === 'string' ? ['--data', store] : ['--clickhouse', store.clickhouseUrl];
  const child = spawn(process.execPath, [TELLTALE, 'up', ...ports, ...where, ...args], {
    env: { ...process.env, ...env },
    cwd,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const ready = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const [, otlpUrl, grpcUrl, apiUrl] = READY.exec(line) ?? [];
      if (otlpUrl !== undefined && apiUrl !== undefined) return { otlpUrl, grpcUrl, apiUrl };
    }
    throw new Error(`telltale up ended before it was ready: ${stderr}`);
  })();
  const addresses = await ready;
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    ...addresses,
    process: child,
    stderr: () => stderr,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'telltale-test-'));
}
