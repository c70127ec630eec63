import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startPrometheus } from '../support/prometheus.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

it('Prometheus starts, answers and takes OTLP', needsTool('prometheus'), async () => {
  await using prometheus = await startPrometheus('{}');
  const answer = await fetch(`${prometheus.url}/api/v1/query?query=1%2B1`);
  expect(await answer.json()).toMatchObject({
    status: 'success',
    data: { result: [expect.any(Number), '2'] },
  });
  const metrics = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(),
  });
  expect(metrics.status).toBe(200);
});

it('telemetrygen names its signals', needsTool('telemetrygen'), async () => {
  const { stdout } = await promisify(execFile)(toolPath('telemetrygen'), ['--help']);
  expect(stdout).toMatch(/traces[\s\S]*metrics|metrics[\s\S]*traces/);
});

it("Python has OpenTelemetry's exporters", needsTool('python'), async () => {
  const script =
    'import opentelemetry.exporter.otlp.proto.grpc, opentelemetry.exporter.otlp.proto.http as http; print(http.__name__)';
  const { stdout } = await promisify(execFile)(toolPath('python'), ['-c', script]);
  expect(stdout).toBe('opentelemetry.exporter.otlp.proto.http\n');
});
