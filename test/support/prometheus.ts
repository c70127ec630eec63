import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './backend-process.js';
import { toolPath } from './tool-paths.js';

export interface PrometheusProcess extends AsyncDisposable {
  /** OTLP goes to `/api/v1/otlp/v1/metrics` below it, questions to `/api/v1/query`. */
  readonly url: string;
}

/**
 * Starts the real Prometheus on a free port, with its OTLP receiver.
 *
 * @param config The configuration file, YAML.
 */
export async function startPrometheus(
  config: string,
  flags: readonly string[] = [],
): Promise<PrometheusProcess> {
  const folder = temporaryFolder();
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const child = spawn(toolPath('prometheus'), [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    '--web.enable-otlp-receiver',
    ...flags,
  ]);
  const ended = once(child, 'exit');
  child.stdout.resume();
  const port = await readyPort(child.stderr);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The port it chose stands in its log, and so does that it answers. */
async function readyPort(log: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  let port: string | undefined;
  let ready = false;
  const reader = createInterface(log);
  for await (const line of reader) {
    lines.push(line);
    port ??= /msg="Listening on" .*address=127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    ready ||= line.includes('Server is ready to receive web requests');
    // On a busy machine the port may be told last.
    if (port !== undefined && ready) {
      // Goes on to be read, or the process would stand still once the pipe is full.
      log.resume();
      return port;
    }
  }
  throw new Error(`Prometheus ended before it was ready:\n${lines.join('\n')}`);
}
