import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../../src/sources/location.js';
import type { Source } from '../../src/sources/source.js';
import { renamed, spanMetricAttributes } from '../support/flag-points.js';
import { metricsRequest } from '../support/otlp-request.js';
import { explicitPoint, resource } from '../support/points.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const WINDOW = { from: T0, to: T0 + 3000 };
const CUT = { edgeIndex: 0, calibratedUntil: 0, changes: [] };

/** Ten operations of this service in the window, with these attributes. */
function ten(service: string, name: string, values: Record<string, string>) {
  const stream = { flag: '', variant: '', resource: resource({ 'service.name': service }) };
  return [
    { time: T0 - 60, counts: [5, 0] },
    { time: T0 + 60, counts: [15, 0] },
  ].map(({ time, counts }) =>
    renamed(explicitPoint(stream, { start: T0 - 7200, time, bounds: [1], counts }, 2), name, values),
  );
}

const ofSpans = (service: string, flags: Record<string, string>) =>
  ten(
    service,
    'traces.span.metrics.duration',
    spanMetricAttributes({
      'service.name': service,
      ...Object.fromEntries(Object.entries(flags).map(([flag, on]) => [`feature_flags.${flag}`, on])),
    }),
  );

const evaluated = (service: string, flag: string) =>
  ten(service, 'telltale.operation.duration', {
    'feature_flag.key': flag,
    'feature_flag.result.variant': 'on',
    'telltale.assignment': 'assigned',
  });

describe.each([{ preserve: true }, { preserve: false }])(
  'flags as labels of a store that escapes names (underscores side by side kept: $preserve)',
  needsTool('prometheus'),
  ({ preserve }) => {
    let prometheus: PrometheusProcess;
    let source: Source;

    beforeAll(async () => {
      prometheus = await startPrometheus(
        `otlp: {label_name_preserve_multiple_underscores: ${preserve}}\nstorage: {tsdb: {out_of_order_time_window: 2h}}`,
      );
      source = openSource(`prometheus+${prometheus.url}`, {});
      const body = metricsRequest([
        ...ofSpans('shop', { 'new-checkout': 'on' }),
        ...ofSpans('shop', { 'a/-b': 'on' }),
        ...ofSpans('cart', { 'beta.x': 'on' }),
        ...evaluated('web', 'beta.x'),
        ...ofSpans('shop', { 'one-two': 'on' }),
        ...evaluated('web', 'one.two'),
        ...evaluated('web', 'one-two'),
        ...ofSpans('cart', { 'x-y': 'on', 'x.y': 'off' }),
      ]);
      const response = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(body),
      });
      expect(response.status).toBe(200);
    });
    afterAll(() => prometheus[Symbol.asyncDispose]());

    const requests = async (flag: string, service?: string): Promise<unknown[]> =>
      (await source.counts({ flag, service }, WINDOW, CUT)).map((c) => [c.service, c.variant, c.requests]);

    test.each(['new-checkout', 'a/-b'])('%s is found by its label', async (flag) => {
      expect(await requests(flag)).toEqual([['shop', 'on', 10]]);
      expect(await requests(`${flag}-more`)).toEqual([]);
    });

    test('a key that another label has as it is names the flag, else it is called as its label', async () => {
      const flags = (await source.flags(WINDOW, {})).map(({ flag, services }) => [flag, services]);
      expect(flags).toContainEqual(['beta.x', ['cart', 'web']]);
      expect(flags).toContainEqual(['new_checkout', ['shop']]);
      expect(flags.map(([flag]) => flag)).not.toContain('beta_x');
    });

    test('two flags in one label are refused, and listed by no name of theirs', async () => {
      await expect(requests('one-two')).rejects.toThrow(
        'Prometheus has the flags "one-two" and "one.two" in one label, feature_flags_one_two, so that their operations cannot be told apart',
      );
      await expect(requests('beta-x')).rejects.toThrow('the flags "beta-x" and "beta.x"');
      const services = (await source.flags(WINDOW, {})).filter(({ flag }) => flag.startsWith('one'));
      expect(services.map(({ flag, services: of }) => [flag, of])).toEqual([
        ['one-two', ['web']],
        ['one.two', ['web']],
      ]);
      // What only the services beside it know is not in question.
      expect(await requests('one-two', 'shop')).toEqual([['shop', 'on', 10]]);
    });

    test('the variants of two flags, joined where one operation had both, are refused', async () => {
      await expect(requests('x-y')).rejects.toThrow('of which one operation had "on;off"');
    });
  },
);
