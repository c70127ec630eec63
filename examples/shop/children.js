import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
const tailLines = 20;

/**
 * The processes of the demo. None of them may end before it is told to: `signal` is then aborted, with the
 * last lines of the one that did.
 */
export function createChildren() {
  const running =
    /** @type {{ child: import('node:child_process').ChildProcess, ending: boolean, ended: Promise<void> }[]} */ ([]);
  const failure = new AbortController();

  /**
   * Starts a Node process, and waits for the line that says it is ready.
   *
   * @param {string} name @param {string[]} args @param {NodeJS.ProcessEnv} env
   * @param {RegExp} ready its groups are the result
   * @returns {Promise<string[]>}
   */
  async function start(name, args, env, ready) {
    failure.signal.throwIfAborted();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = /** @type {string[]} */ ([]);
    const isReady = Promise.withResolvers();
    const hasEnded = Promise.withResolvers();
    const self = { child, ending: false, ended: hasEnded.promise };
    running.push(self);

    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        if (lines.length > tailLines) lines.shift();
        const match = ready.exec(line);
        if (match) isReady.resolve(match.slice(1));
      });
    }

    const fail = (/** @type {string} */ what) => {
      const error = new Error([`${name} ${what}. Its last lines:`, ...lines].join('\n  '));
      isReady.reject(error);
      failure.abort(error);
    };
    const end = (/** @type {string} */ what) => {
      if (!self.ending) fail(what);
      hasEnded.resolve(undefined);
    };
    child.once('error', (error) => end(`did not start (${error.message})`));
    child.once('close', (code, signal) => end(`ended early (${signal ?? `exit ${code}`})`));

    const late = setTimeout(() => fail(`was not ready within ${startTimeoutMs / 1_000} s`), startTimeoutMs);
    return isReady.promise.finally(() => clearTimeout(late));
  }

  /** Ends them in reverse, so that the last telemetry of the shop still finds the backend. */
  async function stop() {
    for (const self of running) self.ending = true;
    for (const { child, ended } of running.splice(0).reverse()) {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(late);
    }
  }

  return { start, stop, signal: failure.signal };
}
