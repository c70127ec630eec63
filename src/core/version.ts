/** Name of Telltale's tracer-side instrumentation scope, on every metric and log record it writes. */
export const SCOPE_NAME = 'telltale';

/** This package's version; a test compares it with `package.json`. */
export const VERSION = '0.1.0';
