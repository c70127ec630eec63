import { metrics } from '@opentelemetry/api';
import { AggregationType, InstrumentType, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { beforeEach, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/core/version.js';
import { createFlagAttributesProcessor } from '../../src/instrument/flag-attributes.js';
import { telltaleViews } from '../../src/instrument/views.js';
import { type StartTelemetryOptions, startOptions } from '../../src/node/start-options.js';
import { serve } from '../support/app-operation.js';
import { createMeters } from '../support/app-sdk.js';

const HTTP = 'http.server.request.duration';
const DURATION = 'telltale.operation.duration';
const httpFlags = ['checkout'];

beforeEach(() => metrics.disable());

/** How often the SDK writes one measurement, the most of all that Telltale's Views are about. */
async function timesWritten(views: ViewOptions[], key: string): Promise<number> {
  const meters = createMeters(views);
  metrics.setGlobalMeterProvider(meters.provider);
  serve({ key, targetingKey: 'anna' });
  metrics
    .getMeter('@opentelemetry/instrumentation-http', '0.301.0')
    .createHistogram(HTTP, { unit: 's' })
    .record(1);
  const counts = await Promise.all(
    [DURATION, HTTP].map(async (name) => {
      const points = await meters.points(name);
      const one = points.filter(({ attributes }) => (attributes['feature_flag.key'] ?? key) === key);
      return one.reduce((sum, { value }) => sum + (value as { count: number }).count, 0);
    }),
  );
  return Math.max(...counts);
}

function refusal(options: StartTelemetryOptions): string | undefined {
  try {
    startOptions(options);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a View of the application beside those of Telltale', () => {
  // An error the other way, a View refused without need, is caught as well: both sides are compared.
  it.each<[string, ViewOptions]>([
    ['on everything', { instrumentName: '*' }],
    ['on every histogram', { instrumentType: InstrumentType.HISTOGRAM }],
    ['on every counter', { instrumentType: InstrumentType.COUNTER }],
    ['on the histograms in seconds', { instrumentUnit: 's', instrumentType: InstrumentType.HISTOGRAM }],
    ['on what is in milliseconds', { instrumentUnit: 'ms' }],
    ['on the duration by its name', { instrumentName: DURATION }],
    ['on the duration by a pattern', { instrumentName: 'telltale.*duration' }],
    ['on a name that only looks like it', { instrumentName: 'telltale-operation.duration' }],
    ['on a longer name', { instrumentName: `${DURATION}.total` }],
    ["on Telltale's meter", { meterName: 'telltale' }],
    ["on Telltale's meter in this version", { meterName: 'telltale', meterVersion: VERSION }],
    ["on Telltale's meter in another version", { meterName: 'telltale', meterVersion: '99.0.0' }],
    ['on another meter', { meterName: 'shop', instrumentName: DURATION }],
    ['on HTTP requests', { instrumentName: HTTP }],
    [
      'on HTTP requests of one meter',
      { instrumentName: HTTP, meterName: '@opentelemetry/instrumentation-http' },
    ],
    ['on HTTP clients', { instrumentName: 'http.client.*' }],
    ['on HTTP requests, as a metric of its own', { instrumentName: HTTP, name: 'http.by_flag' }],
    ['that drops the duration', { instrumentName: DURATION, aggregation: { type: AggregationType.DROP } }],
  ])('%s is refused where the SDK would count twice, and only there', async (what, view) => {
    const written = await timesWritten([...telltaleViews({ httpFlags }), view], what);
    expect(refusal({ views: [view], httpFlags }) !== undefined).toBe(written > 1);
  });

  it.each(['operations', 'errors', 'slow', 'exposed'])('is refused on telltale.unit.%s', (counter) => {
    const instrumentName = `telltale.unit.${counter}`;
    expect(refusal({ views: [{ instrumentName }] })).toContain(instrumentName);
  });

  it('is refused by the specification where a question mark stands for a character', () => {
    expect(refusal({ views: [{ instrumentName: 'telltale.operation.duratio?' }] })).toContain(DURATION);
  });

  it('has both named, and the mend', () => {
    expect(refusal({ views: [{ instrumentName: 'telltale.*' }] })).toBe(
      'startTelemetry: option "views": the View {"instrumentName":"telltale.*"} and Telltale\'s own both match ' +
        'telltale.operation.duration, and would count everything twice. Narrow yours, by "meterName" or "instrumentName".',
    );
    expect(refusal({ views: [{ instrumentName: HTTP }], httpFlags })).toMatch(
      /{"instrumentName":"http.server.request.duration"} .*"httpFlags" \(TELLTALE_HTTP_FLAGS\).*createFlagAttributesProcessor\(\["checkout"\]\)/,
    );
  });

  it('may be on HTTP requests where no flag splits them, but not two that can meet', () => {
    const one = { instrumentName: HTTP };
    const every = { instrumentName: 'http.*', instrumentType: InstrumentType.HISTOGRAM };
    expect(refusal({ views: [one] })).toBeUndefined();
    expect(refusal({ views: [one, every] })).toMatch(
      /{"instrumentName":"http.server.*{"instrumentName":"http.\*"/,
    );
    const apart = [
      { ...one, meterName: 'a' },
      { ...every, meterName: 'b' },
    ];
    expect(refusal({ views: apart })).toBeUndefined();
  });

  it("splits HTTP requests with the processor, in a View that is the application's", async () => {
    const view = {
      instrumentName: HTTP,
      attributesProcessors: [createFlagAttributesProcessor(['checkout'])],
    };
    expect(await timesWritten([...telltaleViews(), view], 'own view')).toBe(1);
  });
});

describe('options of startTelemetry', () => {
  it.each<[string, object, string]>([
    ['views', { views: {} }, 'option "views" has to be an array of Views, got {}'],
    ['one View', { views: [null] }, 'option "views" has to be an array of Views, got [null]'],
    [
      'httpFlags',
      { httpFlags: 'a' },
      '"httpFlags" (TELLTALE_HTTP_FLAGS) has to be an array of flag keys, got "a"',
    ],
    [
      'childSpans',
      { childSpans: 'no' },
      '"childSpans" (TELLTALE_CHILD_SPANS) has to be true, false, or a function',
    ],
    ['a misspelt one', { httpflags: [] }, 'there is no option "httpflags"'],
  ])('%s: what is wrong is said', (_what, options, message) => {
    expect(refusal(options)).toContain(message);
  });
});

describe('telltaleViews', () => {
  it.each<[object, string]>([
    [{ httpFlags: 'a' }, 'telltaleViews: option "httpFlags" has to be an array of flag keys, got "a"'],
    [{ httpFlags: ['new-cart', 'new_cart'] }, '"new-cart" and "new_cart" would both be the label'],
    [{ httpFlags: ['new--cart', 'new.cart'] }, '"new--cart" and "new.cart" would both be the label'],
    [{ httpFlags: ['_cart', 'cart'] }, 'would both be the label "feature_flags_cart" in Prometheus'],
    [{ exponential: 'no' }, 'telltaleViews: option "exponential" has to be true or false, got "no"'],
  ])('refuses %j', (options, message) => {
    expect(() => telltaleViews(options)).toThrow(message);
  });

  it('keeps 2,500 sets of an observable counter, where the SDK alone keeps 2,000', async () => {
    const meters = createMeters(telltaleViews());
    metrics.setGlobalMeterProvider(meters.provider);
    // 16 buckets a flag; two units each, so that both sums and their number are known.
    serve({ key: 'seen' });
    for (let flag = 0; flag < 160; flag += 1) {
      for (let unit = 0; unit < 120; unit += 1) serve({ key: `sets-${flag}`, targetingKey: `unit-${unit}` });
    }
    const points = await meters.points('telltale.unit.operations');
    const sets = points.filter(({ attributes }) =>
      String(attributes['feature_flag.key']).startsWith('sets-'),
    );
    expect(sets.length).toBe(2_560);
    expect(points.some(({ attributes }) => 'otel.metric.overflow' in attributes)).toBe(false);
    expect(sets.reduce((sum, { value }) => sum + (value as number), 0)).toBeGreaterThan(160 * 120 * 0.99);
  });

  it('has explicit buckets where they are asked for, with as much room', async () => {
    const meters = createMeters(telltaleViews({ exponential: false }));
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'explicit' });
    const [point] = await meters.points(DURATION);
    expect(point?.value).toHaveProperty('buckets.boundaries.length', 65);
    expect(telltaleViews({ exponential: false })[0]?.aggregationCardinalityLimit).toBe(20_000);
  });
});
