import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const COMMAND = join(import.meta.dirname, '../../bin/telltale.js');
/** Ticks of /proc/PID/stat in a second, on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Starts `telltale up` on free ports.
 *
 * @param {string} dataDir
 */
export async function startBackend(dataDir) {
  const args = [COMMAND, 'up', '--data', dataDir, '--port', '0', '--otlp-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const otlpPort = await ready(child);
  return {
    otlpPort,
    /** Seconds of CPU so far, bytes of memory now and at most; from Linux's /proc. */
    async usage() {
      const [stat, status] = await Promise.all(
        ['stat', 'status'].map((file) => readFile(`/proc/${child.pid}/${file}`, 'utf8')),
      );
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
      return {
        cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
        rss: kib('VmRSS') * 1024,
        highestRss: kib('VmHWM') * 1024,
      };
    },
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
    const port = /OTLP http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error(`telltale up did not start: ${text}`);
}
