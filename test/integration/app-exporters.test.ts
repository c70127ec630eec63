import { describe, expect, it } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { startApp } from '../support/app-process.js';
import { runShort } from '../support/app-run.js';
import { redirect } from '../support/datadog-intake.js';
import { freePorts } from '../support/ddapm-test-agent.js';

describe('the exporter prometheus', () => {
  it('is scraped, and nothing is sent anywhere', async () => {
    await using collector = await startCollector();
    const [port] = await freePorts(1);
    const standard = ['localhost:4318', '127.0.0.1:4318'];
    await using app = await startApp({
      env: {
        ...redirect(Object.fromEntries(standard.map((place) => [place, new URL(collector.url).host]))),
        TELLTALE_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
        OTEL_LOG_LEVEL: 'error',
      },
    });
    for (let i = 0; i < 3; i += 1) await app.get('/products/1?on=1');
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const series =
      'feature_flag_key="new-checkout",feature_flag_result_variant="on",http_request_method="GET"';
    expect(text).toContain('# TYPE telltale_operation_duration histogram');
    expect(text).toMatch(new RegExp(`telltale_operation_duration_count\\{${series}.*\\} 3`));
    // An edge that slow thresholds are snapped to.
    expect(text).toContain(`le="${2 ** (-7 / 4)}"`);
    await app.stop();
    expect(collector.exports).toEqual([]);
    expect(app.stderr()).toBe('');
  });
});

describe('exporters beside otlp', () => {
  it('leave to it what the standard variables say', async () => {
    await using collector = await startCollector();
    await using backend = await startCollector();
    await using app = await startApp({
      env: {
        ...redirect({ '127.0.0.1:4318': new URL(backend.url).host }),
        TELLTALE_EXPORTER: 'otlp,telltale',
        TELLTALE_WRITE_TOKEN: 'token-of-the-backend',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_LOGS_EXPORTER: 'none',
      },
    });
    await app.get('/products/1');
    await app.stop();
    const got = ({ exports }: { exports: readonly { path: string; contentType: string | undefined }[] }) =>
      exports.map(({ path, contentType }) => `${path} ${contentType}`).sort();
    expect(got(collector)).toEqual(['/v1/metrics application/json', '/v1/traces application/json']);
    expect(got(backend)).toEqual(['/v1/metrics application/x-protobuf', '/v1/traces application/x-protobuf']);
    expect(app.stderr()).toBe('');
  });

  it('print on the console, but for what is switched off', async () => {
    const { code, stdout, stderr } = await runShort({
      TELLTALE_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'none',
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain("'feature_flags.flag': 'true'");
    expect(stdout).toContain("eventName: 'feature_flag.evaluation'");
    expect(stdout).not.toContain('telltale.operation.duration');
  });
});
