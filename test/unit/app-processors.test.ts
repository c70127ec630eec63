import { context, diag, ROOT_CONTEXT, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { isDisabled } from '../../src/core/faults.js';
import { internFlag, internVariant } from '../../src/core/flags.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { FeatureFlagLogRecordProcessor } from '../../src/instrument/log-record-processor.js';
import {
  FeatureFlagSpanProcessor,
  type FeatureFlagSpanProcessorOptions,
} from '../../src/instrument/span-processor.js';

const exporter = new InMemorySpanExporter();

function createTracer(options?: FeatureFlagSpanProcessorOptions): Tracer {
  const spanProcessors = [new FeatureFlagSpanProcessor(options), new SimpleSpanProcessor({ exporter })];
  return new TracerProvider({ spanProcessors }).getTracer('test');
}

const tracer = createTracer();

beforeEach(() => exporter.reset());

/** A scope in which the flag `search` gave `v2`. */
function scopeWithFlag(span?: Span): Scope {
  const flag = internFlag('search');
  if (flag === undefined) throw new Error('the flag was refused');
  const scope = new Scope(span, undefined);
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

  it('leaves what the application wrote on its span itself', () => {
    runInScope(scopeWithFlag(), () => {
      const attributes = { 'feature_flags.search': 'mine' };
      tracer.startSpan('work', { attributes }, context.active()).end();
    });
    expect(exporter.getFinishedSpans().at(-1)?.attributes).toEqual({ 'feature_flags.search': 'mine' });
  });

  it('writes nothing outside an operation, or before the first evaluation', () => {
    expect(attributesOf(SpanKind.INTERNAL, undefined)).toEqual({});
    expect(attributesOf(SpanKind.INTERNAL, new Scope(undefined, undefined))).toEqual({});
  });

  it('goes on in the trace of an operation that has ended, and nowhere else', () => {
    const entry = tracer.startSpan('GET /', { kind: SpanKind.SERVER });
    const scope = scopeWithFlag(entry);
    scope.ended = true;
    const left = trace.setSpan(ROOT_CONTEXT, entry);
    runInScope(scope, () => {
      tracer.startSpan('audit', {}, left).end();
      tracer.startSpan('tick of a timer', {}, ROOT_CONTEXT).end();
    });
    const written = exporter.getFinishedSpans().map((span) => [span.name, span.attributes]);
    expect(written).toEqual([
      ['audit', { 'feature_flags.search': 'v2' }],
      ['tick of a timer', {}],
    ]);
  });

  it.each<[FeatureFlagSpanProcessorOptions, string[]]>([
    [{}, ['query', 'call']],
    [{ childSpans: true }, ['query', 'call']],
    [{ childSpans: false }, []],
    [{ childSpans: (span) => span.kind === SpanKind.CLIENT }, ['call']],
    [{ childSpans: (span) => span.name === 'query' }, ['query']],
  ])('with %o writes on the spans wanted', (options, wanted) => {
    const chosen = createTracer(options);
    runInScope(scopeWithFlag(), () => {
      chosen.startSpan('query').end();
      chosen.startSpan('call', { kind: SpanKind.CLIENT }).end();
    });
    const written = exporter.getFinishedSpans().filter((span) => 'feature_flags.search' in span.attributes);
    expect(written.map((span) => span.name)).toEqual(wanted);
  });

  it('asks a function that throws once, and never counts it as a fault of its own', () => {
    const error = vi.spyOn(diag, 'error').mockReturnValue();
    const childSpans = vi.fn(() => {
      throw new Error('no such attribute');
    });
    const chosen = createTracer({ childSpans });
    runInScope(scopeWithFlag(), () => {
      for (let i = 0; i < 20; i += 1) chosen.startSpan('query').end();
    });
    expect(exporter.getFinishedSpans()).toHaveLength(20);
    expect(childSpans).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledTimes(1);
    expect(isDisabled('the span processor')).toBe(false);
    error.mockRestore();
  });

  it.each([[{ childSpans: 'all' }], [{ children: true }]])('refuses %j', (options) => {
    expect(() => new FeatureFlagSpanProcessor(options as FeatureFlagSpanProcessorOptions)).toThrow(
      /FeatureFlagSpanProcessor: .*(childSpans" has to be true, false, or a function|there are childSpans)/,
    );
  });
});

describe('FeatureFlagLogRecordProcessor', () => {
  it('writes the variants, after the end only in the trace of the operation', () => {
    const records = new InMemoryLogRecordExporter();
    const processors = [
      new FeatureFlagLogRecordProcessor(),
      new SimpleLogRecordProcessor({ exporter: records }),
    ];
    const logger = new LoggerProvider({ processors }).getLogger('app');
    const entry = tracer.startSpan('GET /', { kind: SpanKind.SERVER });
    const scope = scopeWithFlag(entry);
    runInScope(scope, () => {
      logger.emit({ body: 'during' });
      logger.emit({ body: 'own', attributes: { 'feature_flags.search': 'mine' } });
      scope.ended = true;
      logger.emit({ body: 'left running', context: trace.setSpan(ROOT_CONTEXT, entry) });
      logger.emit({ body: 'timer' });
    });
    const written = records.getFinishedLogRecords().map((one) => [one.body, one.attributes]);
    expect(written).toEqual([
      ['during', { 'feature_flags.search': 'v2' }],
      ['own', { 'feature_flags.search': 'mine' }],
      ['left running', { 'feature_flags.search': 'v2' }],
      ['timer', {}],
    ]);
  });
});
