import type { TraceSpan } from '../../../server/page/documents.js';

/** A span, and how many of its ancestors are above it. */
export interface WaterfallRow {
  readonly span: TraceSpan;
  readonly depth: number;
}

/**
 * Every span below its parent, siblings in the order given. A span whose parent is not there stands at the edge, and so does
 * one that is its own ancestor: telemetry may be wrong, and none is left out.
 */
export function waterfallRows(spans: readonly TraceSpan[]): WaterfallRow[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, TraceSpan[]>();
  for (const span of spans) {
    const parent = known.has(span.parentSpanId) ? span.parentSpanId : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows: WaterfallRow[] = [];
  const placed = new Set<TraceSpan>();
  // No recursion: a chain may be as long as a trace.
  const place = (first: TraceSpan) => {
    const waiting: WaterfallRow[] = [{ span: first, depth: 0 }];
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      const { span, depth } = row;
      if (placed.has(span)) continue;
      placed.add(span);
      rows.push(row);
      const below = (children.get(span.spanId) ?? []).map((child) => ({ span: child, depth: depth + 1 }));
      waiting.push(...below.reverse());
    }
  };
  for (const span of children.get('') ?? []) place(span);
  for (const span of spans) place(span);
  return rows;
}
