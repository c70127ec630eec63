import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { LAYOUTS, type Row } from '../support/app-layouts.js';
import { decodeJson, type Span } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';

const SERVER = 2;

/** Names a request by a trace of its own. */
function traceIdOf(layout: number, row: number): string {
  return `${layout + 1}`.padStart(16, '0') + `${row + 1}`.padStart(16, '0');
}

const CASES = [
  { major: 5, load: 'import' },
  { major: 5, load: 'require' },
  { major: 4, load: 'require' },
];

describe.each(CASES)('Express $major by $load, under the real instrumentation', ({ major, load }) => {
  let collector: Collector;
  let spans: Span[];
  const layouts = LAYOUTS.map((layout, index) => ({ ...layout, index })).filter(
    ({ majors }) => majors?.includes(major) ?? true,
  );

  beforeAll(async () => {
    collector = await startCollector();
    await using app = await startApp({
      entry: 'app-layouts',
      telemetry: 'app-own-sdk',
      env: {
        EXPRESS: String(major),
        LOAD: load,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      },
    });
    for (const { index, rows } of layouts) {
      for (const [row, { path }] of rows.entries()) {
        const traceparent = `00-${traceIdOf(index, row)}-00000000000000aa-01`;
        await (await fetch(app.url + path, { headers: { traceparent, 'x-layout': `${index}` } })).text();
      }
    }
    await app.stop();
    spans = decodeJson(collector.exports).spans;
  });
  afterAll(() => collector[Symbol.asyncDispose]());

  const routeOf = (layout: number, row: number): unknown =>
    spans.find((span) => span.kind === SERVER && span.traceId === traceIdOf(layout, row))?.attributes[
      'http.route'
    ];
  const expected = (row: Row): unknown => ('instrumented' in row ? row.instrumented : row.route);

  it.each(layouts)('reports what the table says of $name', ({ index, rows }) => {
    const routes = rows.map(({ path }, row) => [path, routeOf(index, row)]);
    expect(routes).toEqual(rows.map((row) => [row.path, expected(row)]));
  });

  it('makes no span of our middleware', () => {
    // Others it does, so it is at work.
    expect(spans.map((span) => span.name)).toContain('middleware - pass');
    expect(spans.filter((span) => span.name.includes('flagObservability'))).toEqual([]);
  });
});
