import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINES } from '../support/app-lines.js';
import { startApp } from '../support/app-process.js';
import { decoded, startDatadogIntake } from '../support/datadog-intake.js';
import { freePorts } from '../support/ddapm-test-agent.js';
import type { Fixtures } from '../support/installed.js';

describe.each(LINES)('on $line', ({ prepare }) => {
  let fixtures: Fixtures;

  beforeAll(async () => {
    fixtures = await prepare();
  }, 180_000);
  afterAll(() => fixtures[Symbol.dispose]());

  it('the exporter datadog sends all signals, as differences, beside one that Prometheus scrapes', async () => {
    await using intake = await startDatadogIntake();
    const [port] = await freePorts(1);
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: {
        ...intake.env,
        TELLTALE_EXPORTER: 'datadog,prometheus',
        DD_API_KEY: '0123456789abcdef0123456789abcdef',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
      },
    });
    for (let i = 0; i < 3; i += 1) await app.get('/products/1?on=1');
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toMatch(/telltale_operation_duration_count\{feature_flag_key="new-checkout".*\} 3/);
    await app.stop();

    const { spans, logs, metrics } = decoded(intake.requests);
    const variants = spans.filter(({ kind }) => kind === 2).map((span) => span.attributes);
    // The scrape is a request too.
    expect(variants.filter((attributes) => 'feature_flags.new-checkout' in attributes)).toHaveLength(3);
    expect(logs.map(({ eventName }) => eventName)).toContain('feature_flag.evaluation');
    const instances = metrics.map(({ resource }) => resource.attributes['service.instance.id']);
    expect(new Set(instances)).toEqual(new Set([expect.stringMatching(/^[0-9a-f-]{36}$/)]));
    const durations = metrics.filter(({ name }) => name === 'telltale.operation.duration');
    expect(durations).toMatchObject([{ type: 'histogram', temporality: 1 }]);
    const counters = metrics.filter(({ type }) => type === 'sum');
    expect(counters.map((metric) => 'temporality' in metric && metric.temporality)).toEqual(
      counters.map(() => 1),
    );
    expect(counters).not.toEqual([]);
  });
});
