import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './backend-process.js';
import { toolPath } from './tool-paths.js';

export interface VictoriaMetricsProcess extends AsyncDisposable {
  /** OTLP goes to `/opentelemetry/v1/metrics` below it, questions to `/api/v1/query`. */
  readonly url: string;
  /** Makes what was acknowledged visible to questions, which takes it seconds by itself. */
  flush(): Promise<void>;
}

/** Starts the real VictoriaMetrics, a single node, on a free port. */
export async function startVictoriaMetrics(flags: readonly string[] = []): Promise<VictoriaMetricsProcess> {
  const folder = temporaryFolder();
  const child = spawn(
    toolPath('victoria-metrics'),
    [`-storageDataPath=${folder}`, '-httpListenAddr=127.0.0.1:0', ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  const url = await readyUrl(child.stderr);
  return {
    url,
    async flush() {
      const answer = await fetch(`${url}/internal/force_flush`);
      if (!answer.ok) throw new Error(`VictoriaMetrics answered ${answer.status} to a flush`);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The port it chose stands in its log. */
async function readyUrl(log: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(log)) {
    lines.push(line);
    const url = /started server at (http:\S+)\/$/.exec(line)?.[1];
    if (url !== undefined) {
      // Goes on to be read, or the process would stand still once the pipe is full.
      log.resume();
      return url;
    }
  }
  throw new Error(`VictoriaMetrics ended before it was ready:\n${lines.join('\n')}`);
}
