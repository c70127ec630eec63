import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/**
 * Runs a worker to its end.
 *
 * @param {string} folder Where the workers and what they import are installed.
 * @param {string} name File of the worker, without its ending.
 * @param {object} options Its settings.
 * @param {string[]} nodeOptions
 * @returns {Promise<any>} What it printed, as JSON.
 */
export async function runWorker(folder, name, options, nodeOptions = []) {
  const args = [...nodeOptions, join(folder, `${name}.js`), JSON.stringify(options)];
  const { stdout } = await exec(process.execPath, args, { env: cleanEnvironment() });
  return JSON.parse(stdout);
}

/**
 * Starts a worker that stays.
 *
 * @param {string} folder
 * @param {string} name
 * @param {string[]} args
 */
export async function startWorker(folder, name, args) {
  const child = fork(join(folder, `${name}.js`), args, { env: cleanEnvironment() });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`the worker ${name} ${args.join(' ')} ended with ${code}`);
    return [];
  });
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  const { port } = await answer();
  return {
    port,
    /** Microseconds of CPU that it took so far, of all threads. */
    async cpu() {
      const answered = answer();
      child.send('cpu');
      const { cpu } = await answered;
      return cpu.user + cpu.system;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OTEL|TELLTALE|NODE_OPTIONS)/.test(name));
  return Object.fromEntries(kept);
}
