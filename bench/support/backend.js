import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { usageOf } from './process.js';

const COMMAND = join(import.meta.dirname, '../../bin/telltale.js');

/**
 * Starts `telltale up` on free ports.
 *
 * @param {string} dataDir
 */
export async function startBackend(dataDir) {
  const args = [COMMAND, 'up', '--data', dataDir, '--port', '0', '--otlp-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const { otlpPort, apiPort } = await ready(child);
  return {
    otlpPort,
    apiPort,
    /** As {@link usageOf}. */
    usage: () => usageOf(child.pid),
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exit;
      if (code !== 0) throw new Error(`telltale up ended with ${code}`);
    },
  };
}

async function ready(child) {
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    const [, otlpPort, apiPort] =
      /OTLP http:\/\/127\.0\.0\.1:(\d+).* API http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
    if (apiPort !== undefined) {
      child.stdout.resume();
      return { otlpPort: Number(otlpPort), apiPort: Number(apiPort) };
    }
  }
  throw new Error(`telltale up did not start: ${text}`);
}
