import { describe, expect, test } from 'vitest';
import { describeComparison } from '../../src/cli/comparison-text.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createDatadogSource } from '../../src/sources/datadog.js';
import { datadogFromEnvironment, datadogHeaders } from '../../src/sources/datadog-client.js';
import { openSource } from '../../src/sources/location.js';
import type { Source } from '../../src/sources/source.js';
import { type StandInOperation, startDatadogStandIn } from '../support/datadog-stand-in.js';

/** The beginning of a block. */
const T0 = 1_800_000_000;
const NOW = T0 + 1500;

/** Two blocks and a half, one operation a second; a quarter treated, of which a fifth fails and more are slow. */
function operation(i: number): StandInOperation {
  const on = i % 4 === 0;
  const failed = i % (on ? 20 : 100) === 0;
  return {
    time: T0 + i,
    seconds: 0.01 * (1 + (i % 30)) * (on ? 1.5 : 1),
    tags: {
      'feature_flag.key': 'new_checkout',
      'feature_flag.result.variant': on ? 'on' : 'off',
      'telltale.assignment': i % 50 === 7 ? 'override' : 'assigned',
      service: 'shop',
      version: '1.2',
      env: 'prod',
      ...(failed ? { 'error.type': '500' } : {}),
      ...(i % 100 === 33 ? { 'telltale.outcome': 'aborted' } : {}),
    },
  };
}
const OPERATIONS = Array.from({ length: 1500 }, (_, i) => operation(i));
const OTHER: StandInOperation = {
  time: T0 + 5,
  seconds: 1,
  tags: { 'feature_flag.key': 'other', service: 'shop' },
};

const times = (n: number, one: StandInOperation): StandInOperation[] => Array.from({ length: n }, () => one);

const CUT = { edgeIndex: -7, calibratedUntil: 0, changes: [] };

const sourceAt = (url: string): Source =>
  createDatadogSource({
    name: 'Datadog',
    url,
    headers: datadogHeaders('api', 'app'),
    credentials: 'DD_API_KEY',
  });

const compared = (on: boolean) =>
  OPERATIONS.filter(
    ({ tags }) =>
      tags['feature_flag.result.variant'] === (on ? 'on' : 'off') &&
      tags['telltale.assignment'] === 'assigned' &&
      tags['telltale.outcome'] === undefined,
  );

describe('a comparison from Datadog (a stand-in that answers in its documented shapes)', () => {
  test('counts what a scan by hand counts, and says what it cannot tell', async () => {
    await using datadog = await startDatadogStandIn([...OPERATIONS, OTHER]);
    const parameters = readComparisonParameters([['slow', '300ms']], NOW);
    const comparison = await compareFlag(sourceAt(datadog.url), 'New Checkout', parameters, NOW);
    const edge = comparison.slowThreshold?.seconds ?? 0;
    const counted = (on: boolean) => ({
      variant: on ? 'on' : 'off',
      requests: compared(on).length,
      errors: compared(on).filter(({ tags }) => tags['error.type'] !== undefined).length,
    });
    expect(comparison.variants).toMatchObject([
      { ...counted(false), excluded: { aborted: 15 } },
      { ...counted(true), excluded: { override: 0 } },
    ]);
    const [on] = comparison.comparisons;
    expect(on?.verdict).toBe('roll-back');
    const slow = (list: readonly StandInOperation[]) => list.filter(({ seconds }) => seconds > edge).length;
    expect(on?.explanation.join(' ')).toContain(
      `control was slower than 0.297 s in ${slow(compared(false))} of ${compared(false).length.toLocaleString('en')}, ` +
        `treatment in ${slow(compared(true))} of ${compared(true).length}`,
    );
    expect(on?.explanation).toEqual(expect.arrayContaining([...sourceAt('').cannot]));
    expect(describeComparison(comparison)).toContain('counted from telltale.operation.duration of shop');
    for (const { headers } of datadog.requests) {
      expect(headers).toMatchObject({ 'dd-api-key': 'api', 'dd-application-key': 'app' });
    }
  });

  test('a service without Telltale is counted from http.server.request.duration, one with it from its own', async () => {
    const http = (tags: Record<string, string>, seconds = 0.1): StandInOperation => ({
      time: T0 + 30,
      seconds,
      metric: 'http.server.request.duration',
      tags: { service: 'web', version: '3', ...tags },
    });
    const tag = (variant: string) => ({ 'feature_flags.new_checkout': variant });
    await using datadog = await startDatadogStandIn([
      ...OPERATIONS,
      ...times(50, http({ ...tag('on'), service: 'shop' })),
      ...times(40, http(tag('off'))),
      ...times(20, http(tag('on'))),
      ...times(4, http({ ...tag('on'), 'http.response.status_code': '503' })),
      ...times(3, http({ ...tag('on'), 'http.response.status_code': '404' }, 2)),
      ...times(2, http({ ...tag('on'), 'error.type': 'timeout' })),
      ...times(7, http({ 'otel.metric.overflow': 'true' })),
      ...times(9, http({ 'otel.metric.overflow': 'true', service: 'elsewhere' })),
      ...times(500, http({})),
    ]);
    const source = sourceAt(datadog.url);
    const selection = { flag: 'New Checkout' };
    const window = { from: T0, to: NOW };
    const evidence = await source.evidence(selection, window);
    expect(evidence).toEqual([
      { service: 'shop', kind: 'operation-duration', samplingRate: 1 },
      { service: 'web', kind: 'http-duration', samplingRate: 1 },
    ]);
    for (const asked of [{ ...selection, evidence }, selection]) {
      const counts = await source.counts(asked, window, CUT);
      const shop = counts.filter(({ service }) => service === 'shop');
      expect(shop.reduce((sum, { requests }) => sum + requests, 0)).toBe(OPERATIONS.length);
      const others = counts.filter(({ service }) => service !== 'shop');
      expect(
        others.map((c) => [c.service, c.overflow ? 'overflow' : c.variant, c.requests, c.errors, c.slow]),
      ).toEqual([
        ['web', 'overflow', 7, 0, 0],
        ['web', 'off', 40, 0, 0],
        ['web', 'on', 29, 6, 3],
      ]);
    }
    const web = { ...selection, evidence: evidence.slice(1) };
    const latencies = await source.latencies(web, window);
    // Not those of the shop.
    expect(latencies.map(({ variant }) => variant).sort()).toEqual(['off', 'on']);
    expect(datadog.requests.at(-1)?.queries[0]).toBe(
      'p50:http.server.request.duration{(service:web)} by {feature_flags.new_checkout}',
    );
    const [found] = await source.flags(window, selection);
    expect(found).toMatchObject({ flag: 'New Checkout', services: ['shop', 'web'] });
    // A tag's key ends with its first colon.
    await source.flags(window, { flag: 'team:checkout' });
    expect(datadog.requests.flatMap(({ queries }) => queries).join()).not.toContain('feature_flags.team');
  });

  test('units are sums by bucket, of what the release assigned; how many of them were slow is not known', async () => {
    const unit = (counter: string, tags: Record<string, string>): StandInOperation => ({
      time: T0 + 630,
      seconds: 0,
      metric: `telltale.unit.${counter}`,
      tags: {
        'feature_flag.key': 'new_checkout',
        'feature_flag.result.variant': 'on',
        'telltale.assignment': 'assigned',
        'telltale.unit.bucket': '3',
        service: 'shop',
        version: '1.2',
        env: 'prod',
        ...tags,
      },
    });
    const folded = {
      'feature_flag.key': '',
      'feature_flag.result.variant': '',
      'telltale.assignment': '',
      'telltale.unit.bucket': '',
      'otel.metric.overflow': 'true',
    };
    await using datadog = await startDatadogStandIn([
      ...times(12, unit('operations', {})),
      ...times(5, unit('errors', {})),
      ...times(4, unit('operations', { 'telltale.unit.bucket': '0' })),
      ...times(8, unit('operations', { 'telltale.assignment': 'override' })),
      ...times(8, unit('operations', { 'telltale.unit.bucket': '16' })),
      ...times(8, unit('operations', { 'feature_flag.key': 'other' })),
      ...times(2, unit('operations', folded)),
    ]);
    const counts = await sourceAt(datadog.url).unitCounts(
      { flag: 'New Checkout' },
      { from: T0, to: NOW },
      { ...CUT, calibratedUntil: T0 + 600 },
    );
    const place = { block: T0 + 600, service: 'shop', serviceVersion: '1.2', environment: 'prod' };
    const by = (a: { bucket: number }, b: { bucket: number }) => a.bucket - b.bucket;
    expect([...counts].sort(by)).toEqual([
      { ...place, variant: 'on', bucket: 0, overflow: false, operations: 4, errors: 0, slow: null },
      { ...place, variant: 'on', bucket: 3, overflow: false, operations: 12, errors: 5, slow: null },
      { ...place, variant: '', bucket: 255, overflow: true, operations: 2, errors: 0, slow: null },
    ]);
  });

  test('without a threshold, it is found in the first blocks, whose requests are left out of slow', async () => {
    await using datadog = await startDatadogStandIn(OPERATIONS);
    const comparison = await compareFlag(
      sourceAt(datadog.url),
      'new_checkout',
      readComparisonParameters([], NOW),
      NOW,
      { evidence: true },
    );
    // The control's p95 is 0.29 s.
    expect(comparison.slowThreshold).toMatchObject({
      origin: 'control-first-requests',
      seconds: 2 ** (-8 / 4),
    });
    const cells = comparison.comparisons[0]?.evidence?.cells ?? [];
    expect(cells.map(({ from, slow }) => [from, slow === null])).toEqual([
      [T0, true],
      [T0, true],
      [T0 + 600, false],
      [T0 + 600, false],
      [T0 + 1200, false],
      [T0 + 1200, false],
    ]);
    const latency = comparison.variants.find(({ variant }) => variant === 'off')?.latency;
    expect(latency).toMatchObject({ p50: expect.closeTo(0.16, 2), p95: expect.closeTo(0.29, 2) });
  });

  test('without percentiles nobody knows what was slow: a hold, not a pass', async () => {
    await using datadog = await startDatadogStandIn(
      OPERATIONS.map(({ tags: { 'error.type': _, ...tags }, ...rest }) => ({ ...rest, tags })),
      false,
    );
    const parameters = readComparisonParameters([['slow', '300ms']], NOW);
    const comparison = await compareFlag(sourceAt(datadog.url), 'new_checkout', parameters, NOW);
    const [on] = comparison.comparisons;
    expect(on).toMatchObject({ verdict: 'hold', reasons: expect.arrayContaining(['incomplete']) });
    expect(comparison.variants[0]?.latency.p95).toBeNull();
  });

  test('flags with their traffic', async () => {
    await using datadog = await startDatadogStandIn([...OPERATIONS, OTHER]);
    const flags = await sourceAt(datadog.url).flags({ from: T0 - 3600, to: NOW }, {});
    expect(flags.map(({ flag, services }) => [flag, services])).toEqual([
      ['new_checkout', ['shop']],
      ['other', ['shop']],
    ]);
  });

  test('a comparison that began within the hour, even within the block', async () => {
    await using datadog = await startDatadogStandIn(OPERATIONS);
    const since = (text: string) =>
      compareFlag(
        sourceAt(datadog.url),
        'new_checkout',
        readComparisonParameters([['since', text]], NOW),
        NOW,
      );
    const requests = (comparison: Comparison) =>
      comparison.variants.reduce((sum, variant) => sum + variant.requests, 0);
    const last = [...compared(true), ...compared(false)];
    expect(requests(await since('15m'))).toBe(last.filter(({ time }) => time >= T0 + 600).length);
    // The flag has traffic, but no block is wholly after the beginning.
    const { comparisons } = await since('4m');
    expect(comparisons.map(({ verdict }) => verdict)).toEqual([]);
  });

  test('intervals that Datadog made longer than asked for are refused, not counted', async () => {
    await using datadog = await startDatadogStandIn(OPERATIONS);
    const counts = (days: number) =>
      sourceAt(datadog.url).counts({ flag: 'new_checkout' }, { from: NOW - days * 86_400, to: NOW }, CUT);
    expect((await counts(10)).length).toBeGreaterThan(0);
    await expect(counts(11)).rejects.toThrow(
      `Datadog at ${datadog.url} answers in intervals of 1200 s where 600 s were asked for, as it does for long windows: give a later --since.`,
    );
  });

  test('no text of a user becomes part of a query but letters, digits and _-:./', async () => {
    await using datadog = await startDatadogStandIn(OPERATIONS);
    const nasty = 'a} by {host} OR b:*,"(c)"';
    await sourceAt(datadog.url).flags(
      { from: T0, to: NOW },
      { flag: nasty, service: nasty, environment: nasty },
    );
    const harmless = 'a_by_host_or_b:_c';
    const [query] = datadog.requests.flatMap(({ queries }) => queries);
    expect(query).toContain(
      `{service:${harmless} AND env:${harmless} AND (feature_flag.key:${harmless} OR otel.metric.overflow:true)} by {`,
    );
  });

  test('its refusals are passed on', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_, response) =>
      response.writeHead(400).end('{"errors": ["Rule did not match"]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    await expect(sourceAt(url).flags({ from: T0, to: NOW }, {})).rejects.toThrow(
      `Datadog at ${url} refuses the query: Rule did not match.`,
    );
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('--source datadog', () => {
  test('takes keys and site from the environment', () => {
    const env = { DD_API_KEY: 'a', DD_APP_KEY: 'b' };
    expect(datadogFromEnvironment(env).url).toBe('https://api.datadoghq.com');
    expect(datadogFromEnvironment({ ...env, DD_SITE: 'datadoghq.eu' }).url).toBe('https://api.datadoghq.eu');
    expect(() => openSource('datadog', { DD_API_KEY: 'a' })).toThrow('needs DD_API_KEY and DD_APP_KEY');
    expect(() => openSource('datadog', { ...env, DD_SITE: 'x/y' })).toThrow('DD_SITE must be a site');
  });
});
