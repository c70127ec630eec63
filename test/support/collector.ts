import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { toolPath } from './tool-paths.js';

/** The file that users copy from. */
export const CONFIG: string = join(import.meta.dirname, '../../collector-config.yaml');

export interface CollectorProcess extends AsyncDisposable {
  /** OTLP/HTTP. */
  readonly url: string;
  readonly process: ChildProcess;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface CollectorOptions {
  /** Where its queues are. */
  readonly state: string;
  /** What `collector-config.yaml` reads; nothing else of this process's environment reaches it. */
  readonly env: Readonly<Record<string, string>>;
  /** Settings that differ from the file's, as `--set` takes them. */
  readonly set?: readonly string[];
}

/** Starts the real collector with `collector-config.yaml`, on free ports. */
export async function runCollector({ state, env, set = [] }: CollectorOptions): Promise<CollectorProcess> {
  const settings = [
    'receivers.otlp.protocols.http.endpoint=127.0.0.1:0',
    'receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0',
    // Its own metrics would want a port that is always the same.
    'service.telemetry.metrics.level=none',
    ...set,
  ];
  const args = ['--config', CONFIG, ...settings.map((setting) => `--set=${setting}`)];
  const child = spawn(toolPath('collector'), args, { env: { COLLECTOR_STATE: state, ...env } });
  const ended = once(child, 'exit');
  child.stdout.resume();
  const url = await readyUrl(child.stderr);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { url, process: child, stop, [Symbol.asyncDispose]: () => stop('SIGKILL') };
}

/** The port it chose stands in its log, and so does that it is ready. */
async function readyUrl(log: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  let endpoint: string | undefined;
  for await (const line of createInterface(log)) {
    lines.push(line);
    endpoint ??= /Starting HTTP server.*"endpoint": "([^"]+)"/.exec(line)?.[1];
    if (endpoint !== undefined && line.includes('Everything is ready')) {
      // Goes on to be read, or the process would stand still once the pipe is full.
      log.resume();
      return `http://${endpoint}`;
    }
  }
  throw new Error(`the collector ended before it was ready:\n${lines.join('\n')}`);
}
