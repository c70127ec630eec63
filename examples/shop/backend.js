import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const telltale = fileURLToPath(new URL('../../bin/telltale.js', import.meta.url));
const commandTimeoutMs = 60_000;
const usualPorts = { otlp: 4318, api: 4300 };

// The demo looks at four flags and must not blame a harmless one in one run of twenty.
const alpha = '0.001';

/**
 * Starts `telltale up`, and asks it as a user would: by the command line.
 *
 * @param {ReturnType<typeof import('./children.js').createChildren>} children
 * @param {{ data: string, atUsualPorts: boolean }} options
 */
export async function startBackend(children, { data, atUsualPorts }) {
  const otlpPort = atUsualPorts && (await isFree(usualPorts.otlp)) ? usualPorts.otlp : 0;
  const port = atUsualPorts && (await isFree(usualPorts.api)) ? usualPorts.api : 0;
  const ports = ['--otlp-port', `${otlpPort}`, '--port', `${port}`];
  const ready = /OTLP (http:\/\/[^\s,]+).*API (http:\/\/[^\s,]+)/;
  const [otlp, api] = await children.start(
    'telltale up',
    [telltale, 'up', ...ports, '--data', data],
    process.env,
    ready,
  );

  /** @param {string[]} args @param {AbortSignal} signal */
  async function ask(args, signal) {
    const all = [telltale, ...args, '--url', api];
    const { stdout } = await run(process.execPath, all, { signal, timeout: commandTimeoutMs });
    return stdout;
  }

  /**
   * Waits until the backend has every request: the shop exports its metrics every two seconds.
   *
   * @param {Record<string, number>} sent how many requests evaluated which flag
   * @param {{ seconds: number, signal: AbortSignal }} options
   */
  async function waitFor(sent, { seconds, signal }) {
    const deadline = performance.now() + seconds * 1_000;
    for (const [flag, expected] of Object.entries(sent)) {
      for (;;) {
        const seen = await requestsSeen(api, flag, signal);
        if (seen >= expected) break;
        if (performance.now() > deadline) {
          const found = `${seen} of the ${expected} requests that evaluated ${flag}`;
          throw new Error(
            `After ${seconds} s the backend has only ${found}: the shop's telemetry does not arrive.`,
          );
        }
        await setTimeout(500, undefined, { signal });
      }
    }
  }

  const taken = Object.values(usualPorts).filter(
    (usual) => atUsualPorts && usual !== otlpPort && usual !== port,
  );
  return {
    otlp,
    api,
    alpha,
    /** Usual ports that something else listens on. */
    taken,
    waitFor,
    /** @param {string} flag @param {AbortSignal} signal */
    compare: (flag, signal) => ask(['compare', flag, '--alpha', alpha], signal),
    /** @param {string} flag @param {AbortSignal} signal */
    compareAsJson: async (flag, signal) =>
      JSON.parse(await ask(['compare', flag, '--alpha', alpha, '--json'], signal)),
  };
}

/** @param {string} api @param {string} flag @param {AbortSignal} signal */
async function requestsSeen(api, flag, signal) {
  const url = new URL(`/api/v1/flags/${flag}/comparison`, api);
  const answer = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(commandTimeoutMs)]),
  });
  const { variants = [] } = await answer.json();
  return variants.reduce((sum, variant) => sum + variant.requests, 0);
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
