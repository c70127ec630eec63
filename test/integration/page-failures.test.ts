import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../../src/otlp/model.js';
import type { FailuresDocument } from '../../src/server/page/documents.js';
import { failuresDocument } from '../../src/server/page/failures.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { HOSTILE, pageApi } from '../support/page-api.js';
import { attributes, exponentialPoint, resource } from '../support/points.js';
import { evaluationOf, eventOf, KIND, type SpanOf, spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { failedRecord } from '../support/unit-points.js';

const T0 = Math.floor(Date.now() / 600_000) * 600 - 7200;
const NOW = T0 + 3600;
const SINCE = new Date(T0 * 1000).toISOString();
const HOUR = `since=${SINCE}&control=off`;

const store = temporaryStore();
const ask = pageApi(store, () => NOW);

const path = (flag: string, query: string): string =>
  `/api/v1/flags/${encodeURIComponent(flag)}/failures?${query}`;

async function failures(flag: string, query = HOUR): Promise<FailuresDocument> {
  const { status, body } = await ask(path(flag, query));
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

/** Error, exception and route, then each variant with its operations. */
const kinds = ({ kinds: all }: FailuresDocument) =>
  all.map(({ errorType, exceptionType, route, variants }) => [
    `${errorType} ${exceptionType} ${route}`,
    Object.fromEntries(variants.map(({ variant, operations }) => [variant, operations])),
  ]);

const traceId = (trace: number): string => trace.toString(16).padStart(32, '0');
const iso = (at: number): string => new Date((T0 + at) * 1000).toISOString();

/** The flag has operations, so that there is something to compare. */
const seen = (flag: string, service = 'shop') =>
  store().sink.metrics(
    ['off', 'on'].map((variant) =>
      exponentialPoint(
        { flag, variant, resource: resource({ 'service.name': service }) },
        { start: T0, time: T0 + 1000, scale: 2, buckets: new Map([[-21, 10]]) },
        2,
      ),
    ),
  );

interface Failed {
  readonly variant?: string;
  readonly at?: number;
  readonly error?: string;
  readonly exception?: string;
  readonly route?: string;
  readonly trace?: number;
  readonly sampled?: boolean;
  readonly service?: string;
  readonly over?: Partial<LogRecord>;
  readonly more?: Record<string, string>;
}

function record(flag: string, of: Failed): LogRecord {
  const { variant = 'on', at = 100, error = '500', exception, route = '/checkout', trace, service } = of;
  const { attributes: _, ...made } = failedRecord(
    {},
    '',
    T0 + at,
    resource(service === undefined ? {} : { 'service.name': service }),
  );
  return {
    ...made,
    ...(trace === undefined ? {} : { traceId: traceId(trace), spanId: '1'.repeat(16) }),
    flags: of.sampled === false ? 0 : 1,
    attributes: attributes({
      'error.type': error,
      'http.route': route,
      [`feature_flags.${flag}`]: variant,
      ...(exception === undefined ? {} : { 'exception.type': exception }),
      ...of.more,
    }),
    ...of.over,
  };
}

const put = (flag: string, ...all: readonly Failed[]) => store().sink.logs(all.map((of) => record(flag, of)));
const putSpans = (...all: readonly SpanOf[]) => store().sink.spans(all.map(spanOf));

describe('by records of failed operations', () => {
  test('ways to fail are told apart by error, exception and route, the commonest first', async () => {
    const flag = freshFlag();
    await seen(flag);
    const oom = { error: 'RangeError', exception: 'RangeError', at: 200 };
    await put(
      flag,
      ...[1, 2, 3].map((i) => ({ at: 100 + i })),
      { at: 104, variant: 'off' },
      ...[1, 2].map((i) => ({ ...oom, at: 200 + i })),
      { ...oom, route: '' },
      { variant: '__mixed__' },
      { at: 3601 },
      { at: -1 },
    );
    // Sent again.
    await put(flag, { at: 101 });
    await put(freshFlag(), { at: 100 });
    const document = await failures(flag);
    expect(kinds(document)).toEqual([
      ['500  /checkout', { off: 1, on: 3 }],
      ['RangeError RangeError /checkout', { on: 2 }],
      ['RangeError RangeError ', { on: 1 }],
    ]);
    expect([document.window, document.leftOut, document.cannot]).toEqual([
      { from: SINCE, to: iso(3600) },
      0,
      null,
    ]);
  });

  test('ordinary log lines that carry the flag, and evaluations, are no failures', async () => {
    const flag = freshFlag();
    await seen(flag);
    await put(
      flag,
      { at: 100 },
      { at: 101, over: { body: 'payment refused' } },
      { at: 102, over: { severityNumber: 13 } },
      { at: 103, error: '' },
      { at: 104, more: { 'feature_flag.key': flag } },
    );
    expect(kinds(await failures(flag))).toEqual([['500  /checkout', { on: 1 }]]);
  });

  test('each variant has its three newest traces of which spans are stored', async () => {
    const flag = freshFlag();
    await seen(flag);
    const traces = [101, 102, 103, 104, 105, 106];
    await put(
      flag,
      ...traces.map((trace, i) => ({ trace, at: 300 + i, sampled: trace !== 104 })),
      { trace: 106, at: 400 },
      { trace: 107, at: 500, variant: 'off' },
      { at: 501, variant: 'off' },
    );
    // Spans of 105 were lost on their way; 104 says that it was not sampled, and is not looked for.
    await putSpans(...[101, 102, 103, 104, 106, 107].map((trace) => ({ trace, end: T0 + 300 })));
    const [kind] = (await failures(flag)).kinds;
    expect(kind?.variants).toEqual([
      { variant: 'off', operations: 2, traces: [{ traceId: traceId(107), at: iso(500) }] },
      {
        variant: 'on',
        operations: 7,
        traces: [
          { traceId: traceId(106), at: iso(400) },
          { traceId: traceId(103), at: iso(302) },
          { traceId: traceId(102), at: iso(301) },
        ],
      },
    ]);
  });

  test('shows 20 ways, and says how many there are more', async () => {
    const flag = freshFlag();
    await seen(flag);
    const ways = Array.from({ length: 22 }, (_, i) => `e${String(i).padStart(2, '0')}`);
    await put(flag, ...ways.map((error, i) => ({ error, at: 100 + i })), { error: 'e21', at: 900 });
    const { kinds: shown, leftOut } = await failures(flag);
    expect([shown.length, leftOut, shown[0]?.errorType, shown[19]?.errorType]).toEqual([20, 2, 'e21', 'e18']);
  });

  test('those asked for are of the service, the environment and the route', async () => {
    const flag = freshFlag();
    await Promise.all([seen(flag), seen(flag, 'till')]);
    await put(flag, { at: 100 }, { at: 101, service: 'till' }, { at: 102, service: 'till', route: '/pay' });
    const of = async (query: string) => kinds(await failures(flag, `${HOUR}&${query}`));
    expect(await of('service=till')).toEqual([
      ['500  /checkout', { on: 1 }],
      ['500  /pay', { on: 1 }],
    ]);
    expect(await of('service=shop')).toEqual([['500  /checkout', { on: 1 }]]);
  });

  test('of more than a week the newest seven days are read, as the window says', async () => {
    const flag = freshFlag();
    await seen(flag);
    const day = 86_400;
    await put(flag, { at: 3600 - 7 * day + 1 }, { at: 3600 - 7 * day - 1 });
    const since = iso(3600 - 10 * day);
    const document = await failures(flag, `since=${since}&control=off`);
    expect(document.window).toEqual({ from: iso(3600 - 7 * day), to: iso(3600) });
    expect(kinds(document)).toEqual([['500  /checkout', { on: 1 }]]);
  });
});

describe('of services without such records', () => {
  const failed = (
    flag: string,
    trace: number,
    more: Partial<SpanOf> & { values?: Record<string, string> } = {},
  ) => ({
    ...{ trace, end: T0 + 100 + trace / 1000, failed: true, service: 'stock' },
    ...more,
    attributes: { [`feature_flags.${flag}`]: 'on', 'http.route': '/stock', ...more.values },
  });

  test('failures are entry spans that failed, by what they say of why', async () => {
    const flag = freshFlag();
    const exception = eventOf('exception', T0 + 100, { 'exception.type': 'TypeError' });
    await putSpans(
      failed(flag, 201, { values: { 'error.type': 'timeout' } }),
      failed(flag, 202, { values: { 'error.type': 'timeout' } }),
      failed(flag, 203, { values: { 'http.response.status_code': '503', [`feature_flags.${flag}`]: 'off' } }),
      failed(flag, 204, { failed: false, values: { 'http.status_code': '500' } }),
      failed(flag, 205, {
        events: [eventOf('exception', T0, { 'exception.type': 'First' }), exception, eventOf('log', T0, {})],
      }),
      failed(flag, 206, { failed: false, values: { 'http.response.status_code': '404' } }),
      failed(flag, 207, { kind: KIND.client }),
      failed(flag, 208, { kind: KIND.internal, parent: 9 }),
      failed(flag, 209, { values: { [`feature_flags.${flag}`]: '__mixed__' } }),
      failed(freshFlag(), 210),
    );
    const document = await failures(flag);
    expect(kinds(document)).toEqual([
      ['timeout  /stock', { on: 2 }],
      [' TypeError /stock', { on: 1 }],
      ['500  /stock', { on: 1 }],
      ['503  /stock', { off: 1 }],
    ]);
    expect(document.kinds[0]?.variants[0]?.traces.map((trace) => trace.traceId)).toEqual([
      traceId(202),
      traceId(201),
    ]);
  });

  test('or those beside which a hook wrote the evaluation, where the release assigned it', async () => {
    const flag = freshFlag();
    const plain = (trace: number, values: Record<string, string> = {}) => ({
      ...{
        trace,
        end: T0 + 100,
        failed: true,
        service: 'hooked',
        attributes: { 'error.type': '500', ...values },
      },
    });
    await putSpans(plain(301), plain(302), plain(303), plain(304), {
      ...plain(305),
      failed: false,
      attributes: {},
    });
    const evaluated = (trace: number, variant: string, more: Record<string, string> = {}) =>
      evaluationOf(
        trace,
        T0 + 99,
        { 'feature_flag.key': flag, 'feature_flag.result.variant': variant, ...more },
        'hooked',
      );
    await store().sink.logs([
      evaluated(301, 'on'),
      evaluated(302, 'off'),
      evaluated(303, 'on', { 'feature_flag.result.reason': 'static' }),
      evaluated(304, 'on'),
      evaluated(304, 'off'),
      evaluated(305, 'on'),
    ]);
    expect(kinds(await failures(flag))).toEqual([['500  GET /checkout', { off: 1, on: 1 }]]);
  });

  test('each service is told by one of the two, whatever it has of the other', async () => {
    const flag = freshFlag();
    await Promise.all([seen(flag, 'recorded'), seen(flag, 'stock')]);
    await put(flag, { trace: 401, service: 'recorded', route: '/stock' });
    await putSpans(
      failed(flag, 401, { service: 'recorded', values: { 'error.type': '500' } }),
      failed(flag, 402, { values: { 'error.type': '500' } }),
      failed(flag, 402, { values: { 'error.type': '500' } }),
    );
    const document = await failures(flag);
    expect(kinds(document)).toEqual([['500  /stock', { on: 2 }]]);
    expect(document.kinds[0]?.variants[0]?.traces.map((trace) => trace.traceId).sort()).toEqual([
      traceId(401),
      traceId(402),
    ]);
  });
});

test('where reading them takes too long, that is said', async () => {
  const flag = freshFlag();
  await seen(flag);
  const { query } = store();
  const sources = { source: createClickHouseSource(query), query, changes: undefined };
  const limits = { most: 20, traces: 3, seconds: 0.000_1 };
  const document = await failuresDocument(sources, flag, new URLSearchParams(HOUR), NOW, limits);
  expect([document.kinds, document.cannot]).toEqual([
    [],
    'Reading how operations failed took longer than 0.0001 s: ask for a shorter time, with since and until.',
  ]);
});

test.each(HOSTILE)('of %j are its own', async (name) => {
  await store().sink.metrics([
    exponentialPoint(
      { flag: name, variant: 'off', route: name },
      { start: T0, time: T0 + 1000, scale: 2, buckets: new Map([[-21, 10]]) },
      2,
    ),
  ]);
  const variant = name === '__overflow__' ? 'v' : name;
  await put(name, { variant, error: name, exception: name, route: name, service: name });
  const { kinds: all } = await failures(name);
  expect(all).toEqual([
    { errorType: name, exceptionType: name, route: name, variants: [{ variant, operations: 1, traces: [] }] },
  ]);
  expect((await failures(name, `${HOUR}&route=${encodeURIComponent(name)}`)).kinds).toEqual(all);
});

test('of a flag that nothing evaluated are 404, and what is no parameter is refused', async () => {
  const unknown = await ask(path('nowhere', HOUR));
  expect([unknown.status, unknown.body.error.code]).toEqual([404, 'unknown-flag']);
  const { status, body } = await ask(path('nowhere', 'most=9'));
  expect([status, body.error.message]).toEqual([
    400,
    expect.stringContaining('There is no parameter "most".'),
  ]);
});
