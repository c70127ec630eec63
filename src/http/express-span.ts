/** Where a stack frame is in OpenTelemetry's instrumentation itself, not in something that it calls. */
const INSTRUMENTATION = /@opentelemetry[\\/]instrumentation-express[\\/](?!.*[\\/]node_modules[\\/])/;

/**
 * Keeps `@opentelemetry/instrumentation-express` from making a span of a middleware, which would be one in every
 * trace and tell nothing. As it comes upon a layer it looks at the handler's `length`, and leaves handlers of four
 * arguments, for errors, as they are. So it is told 4, and only it: for Express itself a request handler of four
 * arguments is none, and packages that wrap handlers (`express-async-errors`, `dd-trace`) copy what they read.
 *
 * @returns Ends it. To be called with the first request, so that requests do not pay for it.
 */
export function hideFromInstrumentation(middleware: (...args: never[]) => unknown): () => void {
  const { length } = middleware;
  Object.defineProperty(middleware, 'length', {
    configurable: true,
    get: function read(): number {
      return isInstrumentation(callerOf(read)) ? 4 : length;
    },
  });
  return () => {
    Object.defineProperty(middleware, 'length', { configurable: true, value: length });
  };
}

function isInstrumentation(frame: string): boolean {
  return INSTRUMENTATION.test(frame);
}

/** The stack frame that called `fn`; empty where stacks are switched off. */
function callerOf(fn: () => unknown): string {
  const trace: { stack?: unknown } = {};
  Error.captureStackTrace(trace, fn);
  return typeof trace.stack === 'string' ? (trace.stack.split('\n')[1] ?? '') : '';
}
