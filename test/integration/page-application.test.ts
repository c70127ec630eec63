import { beforeAll, describe, expect, test } from 'vitest';
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from '../../src/otlp/index.js';
import type {
  EvaluationsDocument,
  FailuresDocument,
  TraceDocument,
} from '../../src/server/page/documents.js';
import { startCollector } from '../support/app-collector.js';
import { startApp } from '../support/app-process.js';
import { ask, exportTo } from '../support/app-requests.js';
import { pageApi } from '../support/page-api.js';
import { temporaryStore } from '../support/temporary-store.js';

/** Three fail in one way, two in another, and one flag is missing. */
const PATHS = [
  ...Array.from({ length: 6 }, (_, i) => `/products/${i}`),
  ...Array.from({ length: 4 }, (_, i) => `/products/${i}?on=1`),
  ...Array.from({ length: 3 }, () => '/fail'),
  ...Array.from({ length: 2 }, () => '/broken'),
  '/unknown-flag',
];

const store = temporaryStore();
const get = pageApi(store);
beforeAll(async () => {
  await using collector = await startCollector();
  await using app = await startApp({ telemetry: 'app-own-sdk', env: exportTo(collector) });
  // Of a response that breaks off there is nothing to read.
  for (const path of PATHS) await ask(app, path).catch(() => {});
  await app.stop();
  const { sink } = store();
  for (const { path, body } of collector.exports) {
    if (path === '/v1/metrics') await sink.metrics(decodeMetricsJson(body).rows);
    if (path === '/v1/traces') await sink.spans(decodeTracesJson(body).rows);
    if (path === '/v1/logs') await sink.logs(decodeLogsJson(body).rows);
  }
});

describe('of what an application with Telltale sends', () => {
  test('failures are told by error, exception and route, each with traces that are stored', async () => {
    const body: FailuresDocument = (await get('/api/v1/flags/new-checkout/failures?control=off')).body;
    expect(
      body.kinds.map(({ variants, ...kind }) => [
        kind,
        variants.map(({ variant, operations }) => [variant, operations]),
      ]),
    ).toEqual([
      [{ errorType: '500', exceptionType: 'Error', route: '/fail' }, [['on', 3]]],
      [{ errorType: 'RangeError', exceptionType: 'RangeError', route: '/broken' }, [['on', 2]]],
    ]);
    const traces = body.kinds.map(({ variants }) => variants.flatMap((variant) => variant.traces));
    expect(traces.map(({ length }) => length)).toEqual([3, 2]);
    for (const [i, { traceId }] of traces.flat().entries()) {
      const trace: TraceDocument = (await get(`/api/v1/traces/${traceId}`)).body;
      const entry = trace.spans.find(({ kind }) => kind === 'Server');
      expect(entry?.flags).toEqual({ 'new-checkout': 'on' });
      // A response that broke off has begun as a success, and its span tells of that alone.
      expect(entry?.failed).toBe(i < 3);
    }
  });

  test('evaluations that failed are counted with their error', async () => {
    const body: EvaluationsDocument = (await get('/api/v1/flags/no-such-flag/evaluations')).body;
    expect([body.evaluations, body.failed]).toEqual([1, 1]);
    expect(body.kinds).toEqual([
      {
        variant: 'true',
        reason: 'error',
        provider: 'in-memory',
        errorType: 'flag_not_found',
        evaluations: 1,
      },
    ]);
  });
});
