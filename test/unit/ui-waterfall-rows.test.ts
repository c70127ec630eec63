import { expect, test } from 'vitest';
import type { TraceSpan } from '../../src/server/page/documents.js';
import { waterfallRows } from '../../src/ui/views/flag/waterfall-rows.js';

function span(spanId: string, parentSpanId = ''): TraceSpan {
  return {
    ...{ spanId, parentSpanId, name: spanId, kind: 'server', service: 'shop' },
    ...{ offsetSeconds: 0, durationSeconds: 1, failed: false, statusMessage: '', flags: {} },
  };
}

function shapeOf(spans: readonly TraceSpan[]): string {
  return waterfallRows(spans)
    .map(({ span: { spanId }, depth }) => `${'-'.repeat(depth)}${spanId}`)
    .join(' ');
}

test('spans stand below their parents, siblings in their order', () => {
  expect(shapeOf([span('a'), span('b', 'a'), span('c', 'a'), span('d', 'b')])).toBe('a -b --d -c');
});

test('a child that came before its parent is below it all the same', () => {
  expect(shapeOf([span('b', 'a'), span('a')])).toBe('a -b');
});

test('none is left out: not without its parent, not in a circle, not twice the same id', () => {
  expect(shapeOf([span('a', 'gone'), span('b', 'c'), span('c', 'b'), span('d', 'd')])).toBe('a b -c d');
  expect(shapeOf([span('a'), span('a'), span('b', 'a')])).toBe('a -b a');
});

test('a chain of any length is followed', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => span(`${i}`, i === 0 ? '' : `${i - 1}`));
  expect(waterfallRows(chain).at(-1)?.depth).toBe(19_999);
});
