import {
  context,
  logs,
  metrics,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { runInScope, scopeOfRpc } from '../../src/core/scope.js';
import { run } from '../../src/index.js';
import { endHttpOperation } from '../../src/instrument/http-operation.js';
import { FeatureFlagSpanProcessor } from '../../src/instrument/span-processor.js';
import { END, evaluate } from '../support/app-operation.js';
import { createMeters, installSdk, type Meters, type Sdk } from '../support/app-sdk.js';
import { unhandledDuring } from '../support/app-unhandled.js';

let sdk: Sdk;

beforeEach(() => {
  sdk = installSdk();
});

/** Operation name or method, flag, variant, error and count of every duration recorded. */
async function durations(meters: Meters = sdk): Promise<unknown[]> {
  return (await meters.points('telltale.operation.duration')).map(({ attributes, value }) => [
    attributes['telltale.operation.name'] ?? attributes['http.request.method'],
    attributes['feature_flag.key'],
    attributes['feature_flag.result.variant'],
    attributes['error.type'],
    (value as Histogram).count,
  ]);
}

/** Name, status and attributes of every span that has ended. */
function spans(): unknown[] {
  return sdk.spans.getFinishedSpans().map(({ name, status, attributes }) => [name, status.code, attributes]);
}

class StockError extends RangeError {
  override name = 'StockError';
}

describe('telltale.run', () => {
  it('measures work that returns, with a span of its own', async () => {
    const result = run('send-invoices', () => {
      evaluate();
      return 42;
    });
    expect(result).toBe(42);
    expect(spans()).toEqual([['send-invoices', SpanStatusCode.UNSET, { 'feature_flags.flag': 'on' }]]);
    const points = await sdk.points('telltale.operation.duration');
    const attributes = {
      'feature_flag.key': 'flag',
      'feature_flag.result.variant': 'on',
      'telltale.assignment': 'assigned',
      'telltale.operation.name': 'send-invoices',
    };
    expect(points).toEqual([
      expect.objectContaining({ attributes, value: expect.objectContaining({ count: 1 }) }),
    ]);
  });

  it('measures work that goes on in a promise, until that is settled', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running = run('send-invoices', async () => {
      await promise;
      evaluate();
      return { sent: 3 };
    });
    expect(await durations()).toEqual([]);
    expect(spans()).toEqual([]);
    resolve();
    expect(await running).toEqual({ sent: 3 });
    expect(await durations()).toEqual([['send-invoices', 'flag', 'on', undefined, 1]]);
    expect(spans()).toHaveLength(1);
  });

  it.each([
    [
      'throws',
      (error: unknown): unknown => {
        throw error;
      },
    ],
    ['rejects', (error: unknown): unknown => Promise.reject(error)],
  ])('takes work that %s for an error, and hands that on as it is', async (_how, fail) => {
    const error = new StockError('none left');
    const failing = async (): Promise<unknown> =>
      run('send-invoices', () => {
        evaluate();
        return fail(error);
      });
    await expect(failing()).rejects.toBe(error);
    expect(await durations()).toEqual([['send-invoices', 'flag', 'on', 'StockError', 1]]);
    const attributes = { 'feature_flags.flag': 'on', 'error.type': 'StockError' };
    expect(spans()).toEqual([['send-invoices', SpanStatusCode.ERROR, attributes]]);
    const [record, ...others] = sdk.logs.getFinishedLogRecords();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      eventName: 'telltale.operation.failed',
      attributes: { ...attributes, 'exception.type': 'StockError' },
      spanContext: { traceId: sdk.spans.getFinishedSpans()[0]?.spanContext().traceId },
    });
  });

  it.each([
    ['a text', 'out of stock', 'string'],
    ['an error without a name', Object.assign(new Error('x'), { name: '' }), '_OTHER'],
    [
      'an error with a long name',
      Object.assign(new Error('x'), { name: 'E'.repeat(1_000) }),
      'E'.repeat(256),
    ],
  ])('has an error.type for %s', async (_what, thrown, type) => {
    const failing = (): unknown =>
      run('job', () => {
        evaluate();
        throw thrown;
      });
    expect(failing).toThrow();
    expect(await durations()).toEqual([['job', 'flag', 'on', type, 1]]);
  });

  it('takes a status that the work set on its span for an error', async () => {
    run('job', () => {
      evaluate();
      trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR });
    });
    expect(await durations()).toEqual([['job', 'flag', 'on', '_OTHER', 1]]);
  });

  it('leaves a rejection unhandled that nobody handles, and makes none of one that is', async () => {
    const error = new Error('nobody listens');
    const rejecting = (): Promise<never> => run('job', () => Promise.reject(error));
    expect(await unhandledDuring(() => void rejecting())).toEqual([error]);
    expect(await unhandledDuring(() => rejecting().catch(() => {}))).toEqual([]);
  });

  it('starts the work of a lazy promise once, in the operation', async () => {
    let runs = 0;
    // As query builders are: each `then` sends the query.
    const query: PromiseLike<string> = {
      // biome-ignore lint/suspicious/noThenProperty: that is what they are.
      then: (onFulfilled, onRejected) => {
        runs += 1;
        evaluate();
        return Promise.resolve('rows').then(onFulfilled, onRejected);
      },
    };
    expect(await run('job', () => query)).toBe('rows');
    expect(runs).toBe(1);
    expect(await durations()).toEqual([['job', 'flag', 'on', undefined, 1]]);
  });

  it('makes work within work an operation of its own', async () => {
    await run('outer', async () => {
      evaluate('both', 'a');
      await run('inner', async () => {
        evaluate('both', 'b');
        evaluate('inner');
      });
      evaluate('outer');
    });
    expect(await durations()).toEqual([
      ['inner', 'both', 'b', undefined, 1],
      ['inner', 'inner', 'on', undefined, 1],
      ['outer', 'both', 'a', undefined, 1],
      ['outer', 'outer', 'on', undefined, 1],
    ]);
    expect(spans()).toEqual([
      ['inner', SpanStatusCode.UNSET, { 'feature_flags.both': 'b', 'feature_flags.inner': 'on' }],
      ['outer', SpanStatusCode.UNSET, { 'feature_flags.both': 'a', 'feature_flags.outer': 'on' }],
    ]);
    const [inner, outer] = sdk.spans.getFinishedSpans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  });

  it('has no variants of the outer operation on its span, whatever child spans get', () => {
    sdk = installSdk({ spanProcessors: [new FeatureFlagSpanProcessor()] });
    run('outer', () => {
      evaluate('outer');
      run('inner', () => evaluate('inner'));
    });
    expect(sdk.spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes])).toEqual([
      ['inner', { 'feature_flags.inner': 'on' }],
      ['outer', { 'feature_flags.outer': 'on' }],
    ]);
  });

  it('ends the span of an error whose name cannot be read', async () => {
    const error = Object.defineProperty(new Error('odd'), 'name', {
      get: () => {
        throw new Error('no name');
      },
    });
    const failing = (): never => {
      evaluate('flag');
      throw error;
    };
    expect(() => run('job', failing)).toThrow(error);
    expect(spans()).toHaveLength(1);
    expect(await durations()).toEqual([['job', 'flag', 'on', '_OTHER', 1]]);
  });

  it('keeps its flags out of the request that it runs in', async () => {
    const entry = trace.getTracer('test').startSpan('GET', { kind: SpanKind.SERVER });
    const rpc = { type: RPCType.HTTP as const, span: entry };
    const scope = scopeOfRpc(rpc);
    const request = setRPCMetadata(trace.setSpan(ROOT_CONTEXT, entry), rpc);
    await context.with(request, () =>
      runInScope(scope, async () => {
        evaluate('both', 'a');
        await run('job', async () => evaluate('both', 'b'));
        evaluate('outer');
      }),
    );
    endHttpOperation(scope, END);
    entry.end();
    expect(await durations()).toEqual([
      ['job', 'both', 'b', undefined, 1],
      ['GET', 'both', 'a', undefined, 1],
      ['GET', 'outer', 'on', undefined, 1],
    ]);
    expect(spans().at(-1)).toEqual([
      'GET',
      SpanStatusCode.UNSET,
      { 'feature_flags.both': 'a', 'feature_flags.outer': 'on' },
    ]);
  });

  describe('with a CONSUMER span active', () => {
    const consume = (work: (span: Span) => void): void => {
      const span = trace.getTracer('test').startSpan('orders process', { kind: SpanKind.CONSUMER });
      context.with(trace.setSpan(ROOT_CONTEXT, span), () => work(span));
    };

    it('writes on that one, and leaves its end to who made it', async () => {
      consume((span) => {
        run('handle-order', () => evaluate());
        expect(span.isRecording()).toBe(true);
        expect(spans()).toEqual([]);
        span.end();
      });
      expect(spans()).toEqual([['orders process', SpanStatusCode.UNSET, { 'feature_flags.flag': 'on' }]]);
      expect(await durations()).toEqual([['handle-order', 'flag', 'on', undefined, 1]]);
    });

    it('does not share it between the messages of a batch', async () => {
      consume((span) => {
        for (const variant of ['a', 'b']) run('handle-order', () => evaluate('flag', variant));
        span.end();
      });
      expect(spans()).toEqual([
        ['handle-order', SpanStatusCode.UNSET, { 'feature_flags.flag': 'b' }],
        ['orders process', SpanStatusCode.UNSET, { 'feature_flags.flag': 'a' }],
      ]);
    });
  });

  it('measures in full what is not sampled', async () => {
    sdk = installSdk({ sampler: new AlwaysOffSampler() });
    for (let i = 0; i < 3; i += 1) run('job', () => evaluate());
    expect(spans()).toEqual([]);
    expect(await durations()).toEqual([['job', 'flag', 'on', undefined, 3]]);
  });

  it('measures without a tracer, and works without anything', async () => {
    for (const api of [context, trace, metrics, logs]) api.disable();
    const work = async (): Promise<string> => {
      evaluate();
      return 'done';
    };
    expect(await run('job', work)).toBe('done');
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    expect(await run('job', work)).toBe('done');
    expect(await durations(meters)).toEqual([['job', 'flag', 'on', undefined, 1]]);
  });

  it('cuts a name that is too long', async () => {
    run('n'.repeat(1_000), () => evaluate());
    expect(await durations()).toEqual([['n'.repeat(128), 'flag', 'on', undefined, 1]]);
    expect(sdk.spans.getFinishedSpans()[0]?.name).toHaveLength(128);
  });

  it('counts under one name what is called by too many', async () => {
    for (let i = 0; i < 2_000; i += 1) run(`job-${i}`, () => evaluate());
    const all = (await durations()) as [string, ...unknown[]][];
    expect(all).toHaveLength(1_900 * 0.75 + 1);
    expect(all.find(([name]) => name === '__overflow__')?.at(-1)).toBe(2_000 - 1_900 * 0.75);
  });

  it.each([
    [
      'the name is missing',
      [() => {}],
      "the name has to be a text that is not empty, as in run('send-invoice', fn), got function",
    ],
    ['the name is empty', ['', () => {}], 'the name has to be a text that is not empty'],
    ['there is no work', ['job'], 'expected a function after the name, got undefined'],
  ])('says what is wrong where %s', (_what, given, message) => {
    expect(() => Reflect.apply(run, undefined, given)).toThrow(message);
  });
});
