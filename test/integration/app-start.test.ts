import { describe, expect, it } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { decodeJson } from '../support/app-otlp.js';
import { runShort as run } from '../support/app-run.js';

describe('startTelemetry', () => {
  it('exports what is waiting when the process runs out of work', async () => {
    await using collector = await startCollector();
    const ended = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { spans, logs, metric } = decodeJson(collector.exports);
    expect(
      spans.filter((span) => span.kind === 2).map((span) => span.attributes['feature_flags.flag']),
    ).toEqual(['true']);
    expect(logs.map((log) => log.attributes['error.type'])).toEqual(['provider_not_ready']);
    expect(metric('telltale.operation.duration').map((point) => point.count)).toEqual([1]);
  });

  it.each([
    ['OTEL_LOGS_EXPORTER', 'otel', 'OTEL_LOGS_EXPORTER is "otel"; expected otlp, console, none'],
    [
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      'http/xml',
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "http/xml"; expected grpc, http/json, http/protobuf',
    ],
    ['TELLTALE_EXPORTER', 'datadgo', '(TELLTALE_EXPORTER) has to be a list of one or more of otlp, datadog,'],
    ['TELLTALE_EXPORTER', 'datadog', 'The exporter datadog needs DD_API_KEY, which is not set.'],
  ])('throws at once for %s=%s', async (name, value, message) => {
    const ended = await run({ [name]: value });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(message);
  });

  it('says what it does not understand, where OTEL_LOG_LEVEL asks for it', async () => {
    const off = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const wrong = {
      OTEL_BSP_SCHEDULE_DELAY: 'soon',
      OTEL_CONFIG_FILE: 'x.yaml',
      OTEL_TRACES_EXPORTER: 'otlp',
    };
    const bounded = { OTEL_EXPORTER_OTLP_TIMEOUT: '200', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
    const { stderr } = await run({ ...off, ...wrong, ...bounded, OTEL_LOG_LEVEL: 'warn' });
    expect(stderr).toContain('does not read OTEL_CONFIG_FILE');
    expect(stderr).toContain('OTEL_BSP_SCHEDULE_DELAY has to be a number above 0, got "soon"');
    expect(stderr).not.toContain('overwritten');
  });

  it('prints to the console where that is asked for', async () => {
    const ended = await run({
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_LOGS_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'console',
    });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("'feature_flags.flag': 'true'");
    expect(ended.stdout).toContain("eventName: 'feature_flag.evaluation'");
    expect(ended.stdout).toContain("name: 'telltale.operation.duration'");
  });

  it('does nothing with OTEL_SDK_DISABLED, not even look at the rest', async () => {
    await using collector = await startCollector();
    const ended = await run({
      OTEL_SDK_DISABLED: 'true',
      OTEL_TRACES_EXPORTER: 'nonsense',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(collector.exports).toEqual([]);
  });
});
