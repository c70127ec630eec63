import { describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { type Stranger, startStranger } from '../support/app-headers.js';
import { decodeJson, type Point } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';

const SERVER = 2;

interface Telemetry {
  readonly name: string;
  readonly preload: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether there are spans to look at. */
  readonly spans?: true;
  /** Whether the application's own baggage travels. */
  readonly ownBaggage?: true;
}

const TELEMETRIES: readonly Telemetry[] = [
  {
    name: 'with the SDK and its client instrumentations',
    preload: 'app-telemetry-clients',
    spans: true,
    ownBaggage: true,
  },
  {
    name: 'with everything unsampled',
    preload: 'app-telemetry-clients',
    env: { OTEL_TRACES_SAMPLER: 'always_off' },
    ownBaggage: true,
  },
  { name: 'with metrics alone of OpenTelemetry', preload: 'app-metrics-only' },
];

interface ServiceOptions {
  readonly telemetry: Telemetry;
  readonly calls?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Service extends AsyncDisposable {
  readonly app: App;
  /** `host:port`, as settings name it. */
  readonly host: string;
  /** Ends it, and gives what it exported. */
  readonly received: () => Promise<ReturnType<typeof decodeJson>>;
}

async function startService({ telemetry, calls = [], env = {} }: ServiceOptions): Promise<Service> {
  const collector: Collector = await startCollector();
  const app = await startApp({
    entry: 'app-hop',
    telemetry: telemetry.preload,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      CALLS: JSON.stringify(calls),
      ...telemetry.env,
      ...env,
    },
  });
  return {
    app,
    host: new URL(app.url).host,
    received: async () => {
      await app.stop();
      return decodeJson(collector.exports);
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
    },
  };
}

/** One line for each point: who, which variant, how assigned, which version, how often. */
function summary(points: readonly Point[]): string[] {
  return points
    .map(({ attributes, count }) => {
      const variant = attributes['feature_flag.result.variant'];
      const how = attributes['telltale.assignment'];
      const version = attributes['feature_flag.version'];
      return `${attributes['feature_flag.key']}=${variant} ${how} v${version} ${attributes['http.route']}: ${count}`;
    })
    .sort();
}

function flagsSeen({ requests }: Stranger): string[] {
  return requests.filter((request) => /feature_flag|new-checkout|search|secret/i.test(request));
}

describe.each(TELEMETRIES)('three services $name', (telemetry) => {
  it("compare by the first one's variants, and tell nobody else", async () => {
    await using stranger = await startStranger();
    const receive = { TELLTALE_BAGGAGE_RECEIVE: 'true' };
    await using c = await startService({
      telemetry,
      env: { ...receive, TELLTALE_BAGGAGE_FLAGS: 'new-checkout,search,secret' },
    });
    await using b = await startService({
      telemetry,
      calls: [`${stranger.url}/b`, `${c.app.url}/hop`],
      env: {
        ...receive,
        TELLTALE_BAGGAGE_FLAGS: 'new-checkout',
        TELLTALE_BAGGAGE_SEND_TO: c.host,
        AWAY: `${stranger.url}/redirected`,
      },
    });
    await using a = await startService({
      telemetry,
      calls: [`${b.app.url}/hop`, `${stranger.url}/a`, `${b.app.url}/away`],
      env: {
        EVALUATES: 'true',
        TELLTALE_BAGGAGE_FLAGS: 'new-checkout,search',
        TELLTALE_BAGGAGE_SEND_TO: b.host,
      },
    });

    for (const [client, count] of [
      ['http', 3],
      ['fetch', 2],
    ] as const) {
      for (let i = 0; i < count; i += 1) await a.app.get(`/hop?client=${client}&on=true`);
      await a.app.get(`/hop?client=${client}&on=false`);
      await a.app.get(`/hop?client=${client}&on=true&tester=true`);
    }
    await b.app.get('/hop?client=http');
    await Promise.all([
      a.app.get('/hop?client=http&on=true'),
      a.app.get('/hop?client=fetch&on=false'),
      a.app.get('/hop?client=fetch&on=true'),
    ]);

    const [fromA, fromB, fromC] = await Promise.all([a.received(), b.received(), c.received()]);
    const durations = (received: typeof fromA): string[] =>
      summary(received.metric('telltale.operation.duration'));
    const expected = (key: string, version: string, route: string): string[] => [
      `${key}=off assigned v${version} ${route}: 3`,
      `${key}=on, at last assigned v${version} ${route}: 7`,
      `${key}=on, at last override v${version} ${route}: 2`,
    ];
    expect(durations(fromA)).toEqual([
      ...expected('new-checkout', '7', '/hop'),
      ...expected('search', 'undefined', '/hop'),
      ...expected('secret', 'undefined', '/hop'),
    ]);
    // The redirect is answered by B too, and has the same flags.
    expect(durations(fromB)).toEqual(
      [...expected('new-checkout', '7', '/away'), ...expected('new-checkout', '7', '/hop')].sort(),
    );
    expect(durations(fromC)).toEqual(expected('new-checkout', '7', '/hop'));

    // 12 requests of A to B and to the stranger, 13 of B, and the redirects that fetch followed.
    expect(stranger.requests).toHaveLength(12 + 13 + 6);
    expect(flagsSeen(stranger)).toEqual([]);
    const own = stranger.requests.filter((request) => /^baggage: tenant=42$/im.test(request));
    expect(own).toHaveLength(telemetry.ownBaggage === true ? 12 + 12 + 6 : 0);
    if (telemetry.spans !== true) return;
    for (const received of [fromB, fromC]) {
      const server = received.spans.filter(({ kind, name }) => kind === SERVER && name === 'GET /hop');
      const variants = server.map(({ attributes }) => attributes['feature_flags.new-checkout']);
      expect(variants.filter((variant) => variant === 'on, at last')).toHaveLength(9);
      expect(variants.filter((variant) => variant === 'off')).toHaveLength(3);
      expect(variants.filter((variant) => variant === undefined)).toHaveLength(1);
    }
  });
});

const BAGGAGE = 'tenant=42,feature_flags.new-checkout=on;version=7,feature_flags.other=x';

describe('a service that an upstream one sends flags', () => {
  const sdk = TELEMETRIES[0] as Telemetry;
  const ask = (service: Service, path: string): Promise<Response> =>
    fetch(`${service.app.url}${path}`, { headers: { baggage: BAGGAGE } });

  const others = { TELLTALE_BAGGAGE_FLAGS: 'new-checkout', TELLTALE_BAGGAGE_SEND_TO: '*.internal' };
  const receives = { TELLTALE_BAGGAGE_FLAGS: 'new-checkout', TELLTALE_BAGGAGE_RECEIVE: 'true' };
  it.each([
    ['without any setting', {}, []],
    ['with other hosts', others, []],
    ['that it receives', receives, ['/hop: 2', '/listener: 1']],
  ])('%s passes none on, and all other baggage', async (_name, env, counts) => {
    await using stranger = await startStranger();
    await using service = await startService({ telemetry: sdk, calls: [stranger.url], env });
    for (const path of ['/hop?client=http', '/hop?client=fetch', '/listener']) await ask(service, path);
    const { metric } = await service.received();
    expect(flagsSeen(stranger)).toEqual([]);
    expect(stranger.requests.map((request) => /^baggage: (.*)$/im.exec(request)?.[1])).toEqual(
      Array.from({ length: 4 }, () => 'tenant=42'),
    );
    expect(summary(metric('telltale.operation.duration'))).toEqual(
      counts.map((count) => `new-checkout=on assigned v7 ${count}`),
    );
  });

  it('mixes what it evaluates otherwise, and sends that on as mixed', async () => {
    await using next = await startStranger();
    await using service = await startService({
      telemetry: sdk,
      calls: [next.url],
      env: {
        EVALUATES: 'true',
        TELLTALE_BAGGAGE_FLAGS: 'new-checkout',
        TELLTALE_BAGGAGE_RECEIVE: 'true',
        TELLTALE_BAGGAGE_SEND_TO: `127.0.0.1:${next.port}`,
      },
    });
    await ask(service, '/hop?client=http');
    const { metric } = await service.received();
    expect(next.requests[0]).toMatch(
      /^baggage: tenant=42,feature_flags\.new-checkout=__mixed__;version=7$/im,
    );
    expect(summary(metric('telltale.operation.duration'))).toContain(
      'new-checkout=__mixed__ assigned v7 /hop: 1',
    );
  });
});

describe('work that goes on after the response', () => {
  it('sends no flag', async () => {
    await using next = await startStranger();
    await using service = await startService({
      telemetry: TELEMETRIES[2] as Telemetry,
      calls: [next.url],
      env: { TELLTALE_BAGGAGE_FLAGS: 'new-checkout', TELLTALE_BAGGAGE_SEND_TO: '127.0.0.1' },
    });
    const later = service.app.message('later');
    await service.app.get('/later?client=http');
    await later;
    expect(next.requests).toHaveLength(1);
    expect(flagsSeen(next)).toEqual([]);
  });
});
