import { type Span, trace } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { isDisabled } from '../../src/core/faults.js';
import { run } from '../../src/index.js';
import { evaluate } from '../support/app-operation.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

let sdk: Sdk;

beforeEach(() => {
  sdk = installSdk();
});

function fail(): never {
  throw new Error('the tracer is broken');
}

/** The SDK's own tracer, whose spans break in these methods. */
function breakSpans(...methods: ('setAttribute' | 'setStatus' | 'end')[]): void {
  const tracer = trace.getTracer('test');
  const start = (name: string): Span => {
    const span = tracer.startSpan(name);
    for (const method of methods) vi.spyOn(span, method).mockImplementation(fail);
    return span;
  };
  vi.spyOn(trace, 'getTracer').mockReturnValueOnce({ startSpan: start, startActiveSpan: fail });
}

async function counts(): Promise<number[]> {
  const points = await sdk.points('telltale.operation.duration');
  return points.map(({ value }) => (value as Histogram).count);
}

// One file, one process: these faults add up until Telltale turns itself off, which is the last test.
describe('telltale.run on a broken tracer', () => {
  it('does the work once where no span can be made', () => {
    vi.spyOn(trace, 'getTracer').mockImplementationOnce(fail);
    const work = vi.fn(() => 42);
    expect(run('job', work)).toBe(42);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('hands on the result where the span cannot be ended, and measures all the same', async () => {
    breakSpans('end');
    const work = vi.fn(async () => {
      evaluate();
      return 42;
    });
    expect(await run('job', work)).toBe(42);
    expect(work).toHaveBeenCalledTimes(1);
    expect(await counts()).toEqual([1]);
  });

  it.each(['setAttribute', 'setStatus'] as const)(
    'hands on the error and ends the span where %s throws',
    async (method) => {
      breakSpans(method);
      const error = new RangeError('the job failed');
      const failing = (): unknown =>
        run('job', () => {
          if (method === 'setStatus') evaluate();
          throw error;
        });
      expect(failing).toThrow(error);
      expect(sdk.spans.getFinishedSpans().map(({ name }) => name)).toEqual(['job']);
      expect(await counts()).toEqual(method === 'setStatus' ? [1] : []);
    },
  );

  it('does the work, and nothing else, once it has turned itself off', async () => {
    vi.spyOn(trace, 'getTracer').mockImplementation(fail);
    while (!isDisabled('telltale.run')) run('job', () => {});
    vi.restoreAllMocks();
    expect(run('job', () => 42)).toBe(42);
    expect(await run('job', async () => 42)).toBe(42);
    expect(() => run('job', fail)).toThrow('the tracer is broken');
    expect(sdk.spans.getFinishedSpans()).toEqual([]);
  });
});
