import { describe, expect, test } from 'vitest';
import { pageApi } from '../support/page-api.js';
import { KIND, type SpanOf, spanOf } from '../support/spans.js';
import { temporaryStore } from '../support/temporary-store.js';

const T = Math.floor(Date.now() / 1000) - 600;

const store = temporaryStore();
const ask = pageApi(store);
const put = (...spans: readonly SpanOf[]) => store().sink.spans(spans.map(spanOf));
const id = (trace: number): string => trace.toString(16).padStart(32, '0');

describe('a trace', () => {
  test('is its spans in the order of their start, with their flags and no other attribute', async () => {
    await put(
      {
        ...{ trace: 1, span: 3, parent: 2, end: T + 0.05, took: 0.02, kind: KIND.client, name: 'SELECT' },
        attributes: { 'db.query.text': 'SELECT secret', 'feature_flags.a': 'on' },
      },
      {
        ...{ trace: 1, span: 2, end: T + 0.1, took: 0.1, failed: true },
        attributes: { 'feature_flags.a': 'on', 'feature_flags.b': 'off', 'user.email': 'a@b.example' },
      },
      { trace: 2, span: 4, end: T + 1, service: 'other' },
      { trace: 1, span: 5, parent: 3, end: T + 0.2, took: 0.15, service: 'stock', kind: KIND.consumer },
    );
    const { status, body } = await ask(`/api/v1/traces/${id(1)}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      traceId: id(1),
      start: new Date(T * 1000).toISOString(),
      durationSeconds: 0.2,
      leftOut: 0,
      spans: [
        {
          ...{ spanId: '0000000000000002', parentSpanId: '', name: 'GET /checkout', kind: 'Server' },
          ...{ service: 'shop', offsetSeconds: 0, durationSeconds: 0.1, failed: true, statusMessage: '' },
          flags: { a: 'on', b: 'off' },
        },
        {
          ...{ spanId: '0000000000000003', parentSpanId: '0000000000000002', name: 'SELECT', kind: 'Client' },
          ...{ service: 'shop', offsetSeconds: 0.03, durationSeconds: 0.02, failed: false },
          ...{ statusMessage: '', flags: { a: 'on' } },
        },
        {
          ...{ spanId: '0000000000000005', parentSpanId: '0000000000000003', name: 'GET /checkout' },
          ...{ kind: 'Consumer', service: 'stock', offsetSeconds: 0.05, durationSeconds: 0.15 },
          ...{ failed: false, statusMessage: '', flags: {} },
        },
      ],
    });
    expect((await ask(`/api/v1/traces/${id(0xabc)}`)).status).toBe(404);
  });

  test('is found by capitals, and a span that was sent again is one', async () => {
    const span = { trace: 0xabc, span: 7, end: T };
    await put(span);
    await put(span);
    const { body } = await ask(`/api/v1/traces/${id(0xabc).toUpperCase()}`);
    expect([body.traceId, body.spans.length, body.leftOut]).toEqual([id(0xabc), 1, 0]);
  });

  test('shows its first 500 spans, says how many there are more, and how long it took with them', async () => {
    const spans = (n: number, from: number) =>
      Array.from({ length: n }, (_, i) => ({ trace: 9, span: from + i, end: T + from + i, took: 1 }));
    await put(...spans(500, 1));
    const { body: whole } = await ask(`/api/v1/traces/${id(9)}`);
    expect([whole.spans.length, whole.leftOut]).toEqual([500, 0]);
    await put(...spans(2, 501));
    const { body } = await ask(`/api/v1/traces/${id(9)}`);
    expect([body.spans.length, body.leftOut, body.durationSeconds]).toEqual([500, 2, 502]);
    expect(body.spans.at(-1).offsetSeconds).toBe(499);
  });

  test('that is not stored is 404, and what is no id 400', async () => {
    const { status, body } = await ask(`/api/v1/traces/${'f'.repeat(32)}`);
    expect([status, body.error.code]).toEqual([404, 'not-found']);
    expect(body.error.message).toContain('No span of trace ffff');
    for (const wrong of [
      '1',
      'g'.repeat(32),
      '0'.repeat(31),
      '0'.repeat(33),
      `${'0'.repeat(32)}%0A`,
      "'%20OR%201",
    ]) {
      const refused = await ask(`/api/v1/traces/${wrong}`);
      expect([refused.status, refused.body.error.code]).toEqual([400, 'bad-request']);
      expect(refused.body.error.message).toContain('must be 32 hex digits');
    }
  });
});
