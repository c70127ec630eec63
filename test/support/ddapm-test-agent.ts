import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { toolPath } from './tool-paths.js';

export interface TestAgent extends AsyncDisposable {
  /** `host:port` of its OTLP/HTTP receiver. */
  readonly otlp: string;
  /** What its OTLP receiver decoded so far: `traces`, `metrics` or `logs`, as protobuf's JSON. */
  received(signal: 'traces' | 'metrics' | 'logs'): Promise<unknown[]>;
}

/** Starts Datadog's own test agent on free ports. */
export async function startTestAgent(): Promise<TestAgent> {
  const [apm, http, grpc] = await freePorts(3);
  const ports = ['--port', `${apm}`, '--otlp-http-port', `${http}`, '--otlp-grpc-port', `${grpc}`];
  // The script beside the interpreter knows the folder in which it was made, and no longer stands there.
  const args = ['-u', '-m', 'ddapm_test_agent.agent', '--host', '127.0.0.1', ...ports];
  const child = spawn(toolPath('ddapm-test-agent'), args);
  const ended = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await ready();
  child.stdout.resume();
  const otlp = `127.0.0.1:${http}`;
  return {
    otlp,
    async received(signal) {
      const reply = await fetch(`http://${otlp}/test/session/${signal}`);
      if (!reply.ok) throw new Error(`the test agent answers ${reply.status}: ${log}`);
      return (await reply.json()) as unknown[];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };

  async function ready(): Promise<void> {
    for await (const line of createInterface(child.stdout)) if (line.includes('Press CTRL+C')) return;
    throw new Error(`the test agent ended before it was ready:\n${log}`);
  }
}

/** Ports that nothing listens on; for programs that cannot choose one themselves. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
