import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import type { BreakdownDocument, FailuresDocument } from '../../src/server/page/documents.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { isCompared } from '../../src/sources/compared.js';
import { evaluationPoint } from '../support/evaluation-points.js';
import { renamed, spanMetricAttributes } from '../support/flag-points.js';
import { HOSTILE, pageApi } from '../support/page-api.js';
import { exponentialPoint, resource, type Stream } from '../support/points.js';
import { evaluationOf, spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = Math.floor(Date.now() / 600_000) * 600 - 7200;
const NOW = T0 + 3600;
const SINCE = new Date(T0 * 1000).toISOString();

const store = temporaryStore();
const ask = pageApi(store, () => NOW);

const path = (flag: string, query: string): string =>
  `/api/v1/flags/${encodeURIComponent(flag)}/breakdown?${query}`;

async function breakdown(flag: string, query: string): Promise<BreakdownDocument> {
  const { status, body } = await ask(path(flag, query));
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

/** Fast ones in the bucket below 0.03 s, slow ones in that below 1 s. */
function buckets(fast: number, slow: number): Map<number, number> {
  return new Map<number, number>([
    [-21, fast],
    [-1, slow],
  ]);
}

/** A point of `telltale.operation.duration`, cumulative since T0. */
function point(stream: Stream, at: number, fast: number, slow = 0, start = 0): Metric {
  return exponentialPoint(
    stream,
    { start: T0 + start, time: T0 + at, scale: 2, buckets: buckets(fast, slow) },
    2,
  );
}

const ROUTES = ['/', '/cart', '/checkout', '/search'];
const VARIANTS = ['off', 'on', '__mixed__'];

/** Streams of two services in two versions, over all routes and variants, each with its own numbers. */
function streams(flag: string): Stream[] {
  return ['shop', 'till'].flatMap((service) =>
    ['1', '2'].flatMap((version) =>
      ROUTES.flatMap((route) =>
        VARIANTS.flatMap((variant) =>
          [undefined, '500'].map((errorType) => ({
            ...{ flag, variant, route },
            ...(errorType === undefined ? {} : { errorType }),
            resource: resource({ 'service.name': service, 'service.version': version }),
          })),
        ),
      ),
    ),
  );
}

/** Cumulative points with a retry and a restart, and streams that appear late. */
function ownPoints(flag: string): Metric[] {
  return streams(flag).flatMap((stream, i) => {
    const late = i % 3 === 0 ? 900 : 0;
    const first = point(stream, 60 + late, 3 + i, i % 4);
    return [first, point(stream, 660 + late, 9 + 2 * i, 5 + i), first, point(stream, 2000, 2, i % 2, 1800)];
  });
}

let traces = 0;
/** Spans of traces that nobody else has. */
const sentSpans = (flag: string, withFlag: boolean, first: number) =>
  Array.from({ length: 240 }, (_, i) =>
    spanOf({
      ...{ trace: first + i, end: T0 + 30 + i * 10, took: i % 7 === 0 ? 0.9 : 0.02, failed: i % 11 === 0 },
      service: i % 2 === 0 ? 'shop' : 'till',
      attributes: {
        'http.route': ROUTES[i % 4] ?? '',
        ...(withFlag ? { [`feature_flags.${flag}`]: i % 5 === 0 ? 'on' : 'off' } : {}),
      },
    }),
  );

const KINDS: Readonly<Record<string, (flag: string) => Promise<unknown>>> = {
  'operation-duration': (flag) => store().sink.metrics(ownPoints(flag)),
  'http-duration': (flag) =>
    store().sink.metrics(
      ownPoints(flag).map((metric, i) => {
        const { variant, route, errorType } = streams(flag)[Math.floor(i / 4)] ?? {};
        return renamed(metric, 'http.server.request.duration', {
          [`feature_flags.${flag}`]: variant ?? '',
          'http.route': route ?? '',
          ...(errorType === undefined ? {} : { 'error.type': errorType }),
        });
      }),
    ),
  'span-metrics': (flag) =>
    store().sink.metrics(
      ownPoints(flag).map((metric, i) => {
        const { variant, route, errorType, resource: of } = streams(flag)[Math.floor(i / 4)] ?? {};
        const attributes = spanMetricAttributes({
          [`feature_flags.${flag}`]: variant ?? '',
          'span.name': `GET ${route}`,
          'service.name': String(of?.attributes['service.name']),
          ...(errorType === undefined ? {} : { 'status.code': 'STATUS_CODE_ERROR' }),
        });
        return renamed(metric, 'traces.span.metrics.duration', attributes);
      }),
    ),
  'entry-spans': (flag) => {
    traces += 1000;
    return store().sink.spans(sentSpans(flag, true, traces));
  },
  'hook-events': async (flag) => {
    traces += 1000;
    await store().sink.spans(sentSpans(flag, false, traces));
    await store().sink.logs(
      Array.from({ length: 240 }, (_, i) =>
        evaluationOf(
          traces + i,
          T0 + 30 + i * 10 - 0.01,
          { 'feature_flag.key': flag, 'feature_flag.result.variant': i % 5 === 0 ? 'on' : 'off' },
          i % 2 === 0 ? 'shop' : 'till',
        ),
      ),
    );
  },
};

/** Operations, errors and slow ones by variant. */
function sums(
  all: readonly { variant: string; requests: number; errors: number | null; slow: number | null }[],
) {
  const found: Record<string, number[]> = {};
  for (const { variant, requests, errors, slow } of all) {
    const own = found[variant] ?? [0, 0, 0];
    found[variant] = [requests, errors ?? Number.NaN, slow ?? Number.NaN].map((n, i) => n + (own[i] ?? 0));
  }
  return found;
}

describe.each(Object.entries(KINDS))('of what is counted from %s', (kind, put) => {
  const flag = freshFlag();
  let counted: Record<string, number[]>;
  beforeAll(async () => {
    expect(await put(flag)).toBeUndefined();
    const source = createClickHouseSource(store().query);
    const window = { from: T0, to: NOW };
    expect([...new Set((await source.evidence({ flag }, window)).map((use) => use.kind))]).toEqual([kind]);
    const cut = { edgeIndex: -8, calibratedUntil: T0 + 700, changes: [T0 + 1000] };
    counted = sums((await source.counts({ flag }, window, cut)).filter(isCompared));
    expect(Object.keys(counted)).toEqual(['off', 'on']);
    expect(
      Object.values(counted)
        .flat()
        .every((n) => n > 0),
    ).toBe(true);
  });

  test('routes and versions add up to what is compared, variant by variant', async () => {
    for (const by of ['route', 'version']) {
      const { groups, leftOut, cannot } = await breakdown(flag, `by=${by}&since=${SINCE}&slow=250ms`);
      expect(groups.length).toBeGreaterThan(by === 'route' ? 3 : 1);
      expect([leftOut, cannot]).toEqual([0, null]);
      expect(sums(groups.flatMap(({ variants }) => variants))).toEqual(counted);
    }
  });

  test('one route by route is the comparison with that route', async () => {
    const { groups } = await breakdown(flag, `by=route&since=${SINCE}&slow=250ms`);
    const [group] = groups.filter(({ name }) => name.endsWith('/cart'));
    const { groups: alone } = await breakdown(
      flag,
      `by=version&since=${SINCE}&slow=250ms&route=${encodeURIComponent(group?.name ?? '')}`,
    );
    expect(sums(alone.flatMap(({ variants }) => variants))).toEqual(sums(group?.variants ?? []));
    expect(Object.keys(sums(group?.variants ?? []))).toEqual(['off', 'on']);
  });
});

test.each(['entry-spans', 'hook-events'])('failures by %s add up to the errors compared', async (kind) => {
  const flag = freshFlag();
  await KINDS[kind]?.(flag);
  const { groups } = await breakdown(flag, `by=version&since=${SINCE}&slow=250ms`);
  const errors = groups.flatMap(({ variants }) => variants.map(({ variant, errors: n }) => [variant, n]));
  const { body } = await ask(path(flag, `since=${SINCE}`).replace('/breakdown', '/failures'));
  const failures: FailuresDocument = body;
  const sum = (rows: readonly unknown[][]) =>
    rows.reduce<Record<string, number>>(
      (sums, [variant, n]) =>
        Object.assign(sums, { [String(variant)]: (sums[String(variant)] ?? 0) + Number(n) }),
      {},
    );
  const failed = failures.kinds.flatMap(({ variants }) =>
    variants.map(({ variant, operations }) => [variant, operations]),
  );
  expect(sum(failed)).toEqual(sum(errors));
  expect(Object.keys(sum(errors))).toEqual(['off', 'on']);
});

describe('by route', () => {
  test("is most operations first, in the comparison's window, with its threshold", async () => {
    const flag = freshFlag();
    await store().sink.metrics([
      point({ flag, variant: 'on', route: '/b' }, 1000, 3, 1),
      point({ flag, variant: 'off', route: '/b' }, 1000, 20),
      point({ flag, variant: 'on', route: '/b', errorType: '500' }, 1000, 2),
      point({ flag, variant: 'off', route: '/a' }, 1000, 5),
      point({ flag, variant: 'off', route: '' }, 1000, 30),
      point({ flag, variant: 'off', route: '/b', assignment: 'override' }, 1000, 99),
      point({ flag, variant: 'off', route: '/b', outcome: 'aborted' }, 1000, 99),
    ]);
    expect(await breakdown(flag, `by=route&since=${SINCE}&slow=250ms`)).toEqual({
      window: { from: SINCE, to: new Date(NOW * 1000).toISOString() },
      by: 'route',
      groups: [
        { name: '', variants: [{ variant: 'off', requests: 30, errors: 0, slow: 0 }] },
        {
          name: '/b',
          variants: [
            { variant: 'off', requests: 20, errors: 0, slow: 0 },
            { variant: 'on', requests: 6, errors: 2, slow: 1 },
          ],
        },
        { name: '/a', variants: [{ variant: 'off', requests: 5, errors: 0, slow: 0 }] },
      ],
      leftOut: 0,
      cannot: null,
    });
  });

  test('what is slow is not known before it is fixed, nor where a bucket lies on both sides of it', async () => {
    const flag = freshFlag();
    const own = { flag, variant: 'off' };
    await store().sink.metrics([point(own, 1000, 5)]);
    const slow = async (query: string) => (await breakdown(flag, query)).groups[0]?.variants[0]?.slow;
    expect(await slow(`by=route&since=${SINCE}`)).toBeNull();
    expect(await slow(`by=version&since=${SINCE}`)).toBeNull();
    const coarse = { start: T0, time: T0 + 1000, scale: -2, buckets: new Map([[-1, 1]]) };
    const other = freshFlag();
    await store().sink.metrics([exponentialPoint({ flag: other, variant: 'off' }, coarse, 2)]);
    const [group] = (await breakdown(other, `by=route&since=${SINCE}&slow=250ms`)).groups;
    expect(group?.variants).toEqual([{ variant: 'off', requests: 1, errors: 0, slow: null }]);
  });

  test('shows 50 groups with all their variants, and says how many there are more', async () => {
    const flag = freshFlag();
    await store().sink.metrics(
      Array.from({ length: 53 }, (_, i) => `/${i}`).flatMap((route, i) => [
        point({ flag, variant: 'off', route }, 1000, 100 + i),
        point({ flag, variant: 'on', route, resource: resource({ 'service.version': route }) }, 1000, 1),
      ]),
    );
    const byRoute = await breakdown(flag, `by=route&since=${SINCE}`);
    expect([byRoute.groups.length, byRoute.leftOut]).toEqual([50, 3]);
    expect([byRoute.groups[0]?.name, byRoute.groups.at(-1)?.name]).toEqual(['/52', '/3']);
    expect(byRoute.groups.every(({ variants }) => variants.length === 2)).toBe(true);
    const byVersion = await breakdown(flag, `by=version&since=${SINCE}&slow=250ms`);
    expect([byVersion.groups.length, byVersion.leftOut]).toEqual([50, 4]);
    expect(byVersion.groups[0]).toEqual({
      name: 'shop',
      variants: [{ variant: 'off', requests: 6678, errors: 0, slow: 0 }],
    });
  });
});

test('by version is by service, version and environment', async () => {
  const flag = freshFlag();
  const of = (values: Record<string, string>) => ({ flag, variant: 'off', resource: resource(values) });
  await store().sink.metrics([
    point(of({ 'service.version': '1.4.2', 'deployment.environment.name': 'production' }), 1000, 3),
    point(of({ 'service.name': 'a b' }), 1000, 2),
    point(of({}), 1000, 1),
  ]);
  const { groups } = await breakdown(flag, `by=version&since=${SINCE}`);
  expect(groups.map(({ name }) => name)).toEqual(['shop 1.4.2 production', '"a b"', 'shop']);
  const { groups: production } = await breakdown(flag, `by=version&since=${SINCE}&env=production`);
  expect(production.map(({ name }) => name)).toEqual(['shop 1.4.2 production']);
});

describe('hostile names', () => {
  test.each(HOSTILE)('%j as key, variant and route is itself', async (name) => {
    const metric = point({ flag: name, variant: name, route: name }, 1000, 3);
    await store().sink.metrics([metric, point({ flag: name, variant: 'off', route: name }, 1000, 4)]);
    await store().sink.metrics([
      evaluationPoint({ flag: name, variant: name, reason: name }, { start: T0, time: T0 + 1000, value: 2 }),
    ]);
    const common = `since=${SINCE}&slow=250ms`;
    const route = await breakdown(name, `by=route&${common}`);
    const isVariant = !name.startsWith('__over');
    const expected = [
      ...(isVariant ? [{ variant: name, requests: 3, errors: 0, slow: 0 }] : []),
      { variant: 'off', requests: 4, errors: 0, slow: 0 },
    ].sort((a, b) => (a.variant < b.variant ? -1 : 1));
    expect(route.groups).toEqual([{ name, variants: expected }]);
    expect((await breakdown(name, `by=version&${common}`)).groups).toEqual([
      { name: 'shop', variants: expected },
    ]);
    expect((await breakdown(name, `by=reason&${common}`)).groups).toEqual([
      { name, variants: [{ variant: name, requests: 2, errors: null, slow: null }] },
    ]);
    if (!isVariant) return;
    const control = await ask(path(name, `by=route&${common}&control=${encodeURIComponent(name)}`));
    expect(control.status).toBe(200);
  });
});

test.each([
  ['', 'by must be route, version, reason, once; it is left out.'],
  ['by=colour', 'by must be route, version, reason, once; it is "colour".'],
  ['by=toString', 'it is "toString".'],
  ['by=route&by=version', 'it is "route", "version".'],
  ['by=route&limit=9', 'There is no parameter "limit".'],
  ['by=route&control=blue', 'control must be a variant that was seen'],
])('%j is refused', async (query, message) => {
  const flag = freshFlag();
  await store().sink.metrics([point({ flag, variant: 'off' }, 1000, 1)]);
  const { status, body } = await ask(path(flag, query));
  expect([status, body.error.code]).toEqual([400, 'bad-request']);
  expect(body.error.message).toContain(message);
});

test('of a flag that nothing evaluated is 404', async () => {
  const { status, body } = await ask(path('nowhere', 'by=route'));
  expect([status, body.error.code]).toEqual([404, 'unknown-flag']);
});
