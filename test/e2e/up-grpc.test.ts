import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { grpcClient } from '../support/grpc-client.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';

const WITHOUT_GRPC = {
  NODE_OPTIONS: `--require ${join(import.meta.dirname, '../fixtures/without-grpc.cjs')}`,
};

let dataDir: string;
beforeAll(() => {
  dataDir = temporaryFolder();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test('a call that is answered with OK is there after kill -9', async () => {
  const backend = await telltaleUp(dataDir);
  const client = grpcClient(backend.grpcUrl ?? '');
  const now = `${Date.now()}000000`;
  const form = traceForm(spanForm({ startTimeUnixNano: now, endTimeUnixNano: now }));
  const span = encodeMessage('ExportTraceServiceRequest', form);
  expect(await client.call(span)).toMatchObject({ code: 'OK' });
  client.close();
  expect(await backend.stop('SIGKILL')).toBeNull();
  const store = await openStore({ dataDir });
  const rows = await store.query<{ name: string }>('SELECT SpanName AS name FROM otel_traces');
  await store.close();
  expect(rows).toEqual([{ name: 'GET /' }]);
});

test('the usual port in use, and not asked for: the rest starts, and a line says why', async () => {
  // Where something else has the port already, it is in use as well.
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.once('error', () => resolve());
    other.listen(4317, '127.0.0.1', resolve);
  });
  try {
    const backend = await telltaleUp(dataDir, { grpc: [] });
    expect(backend.grpcUrl).toBeUndefined();
    expect(backend.stderr()).toMatch(/^OTLP\/gRPC is off: port 4317 of 127\.0\.0\.1 is in use\./);
    expect((await fetch(`${backend.apiUrl}/api/v1/flags`)).status).toBe(200);
    expect(await backend.stop()).toBe(0);
  } finally {
    other.close();
  }
});

test('a port that is asked for and in use is an error', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const ports = ['--otlp-port', '0', '--otlp-grpc-port', String(port), '--port', '0'];
  const up = await telltale(['up', ...ports, '--data', dataDir]);
  other.close();
  expect([up.code, up.stderr]).toEqual([
    69,
    expect.stringContaining(
      `port ${port} of 127.0.0.1 is in use. Stop what listens there, name another with --otlp-grpc-port`,
    ),
  ]);
});

test('without the package it is off and says what to install, and an error where its port is asked for', async () => {
  const backend = await telltaleUp(dataDir, { grpc: [], env: WITHOUT_GRPC });
  expect(backend.grpcUrl).toBeUndefined();
  expect(backend.stderr()).toBe(
    'OTLP/gRPC is off: @grpc/grpc-js is needed, which could not be loaded. Add it: npm install @grpc/grpc-js, or for npx -p @grpc/grpc-js.\n',
  );
  expect(await backend.stop()).toBe(0);
  await expect(telltaleUp(dataDir, { env: WITHOUT_GRPC })).rejects.toThrow('npm install @grpc/grpc-js');
});
