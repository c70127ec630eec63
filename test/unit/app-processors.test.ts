import { context, SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { internFlag, internVariant } from '../../src/core/flags.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { FeatureFlagSpanProcessor } from '../../src/instrument/span-processor.js';

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({
  spanProcessors: [new FeatureFlagSpanProcessor(), new SimpleSpanProcessor({ exporter })],
}).getTracer('test');

beforeEach(() => exporter.reset());

/** A scope in which the flag `search` gave `v2`. */
function scopeWithFlag(): Scope {
  const flag = internFlag('search');
  if (flag === undefined) throw new Error('the flag was refused');
  const scope = new Scope(undefined, undefined);
  scope.add(internVariant(flag, 'v2'), 'assigned', undefined, undefined);
  return scope;
}

function attributesOf(kind: SpanKind, scope: Scope | undefined): unknown {
  const start = (): void => tracer.startSpan('work', { kind }, context.active()).end();
  if (scope === undefined) start();
  else runInScope(scope, start);
  return exporter.getFinishedSpans().at(-1)?.attributes;
}

describe('FeatureFlagSpanProcessor', () => {
  it.each([
    ['internal', SpanKind.INTERNAL],
    ['client', SpanKind.CLIENT],
    ['producer', SpanKind.PRODUCER],
  ])('writes the variants on %s spans', (_name, kind) => {
    expect(attributesOf(kind, scopeWithFlag())).toEqual({ 'feature_flags.search': 'v2' });
  });

  it.each([
    ['server', SpanKind.SERVER],
    ['consumer', SpanKind.CONSUMER],
  ])('leaves %s spans alone: they begin an operation of their own', (_name, kind) => {
    expect(attributesOf(kind, scopeWithFlag())).toEqual({});
  });

  it('writes nothing outside an operation, or before the first evaluation', () => {
    expect(attributesOf(SpanKind.INTERNAL, undefined)).toEqual({});
    expect(attributesOf(SpanKind.INTERNAL, new Scope(undefined, undefined))).toEqual({});
  });
});
