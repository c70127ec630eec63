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

export interface BackendProcess {
  readonly otlpUrl: string;
  readonly apiUrl: string;
  readonly process: ChildProcess;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `telltale up` on free ports and waits for the line that says it is ready. */
export async function telltaleUp(dataDir: string): Promise<BackendProcess> {
  const child = spawn(process.execPath, [
    TELLTALE,
    'up',
    '--otlp-port',
    '0',
    '--port',
    '0',
    '--data',
    dataDir,
  ]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const ready = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const [, otlpUrl, apiUrl] = /^telltale is ready: OTLP (\S+), API (\S+)$/.exec(line) ?? [];
      if (otlpUrl !== undefined && apiUrl !== undefined) return { otlpUrl, apiUrl };
    }
    throw new Error(`telltale up ended before it was ready: ${stderr}`);
  })();
  const addresses = await ready;
  return {
    ...addresses,
    process: child,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'telltale-test-'));
}
