import { FIXTURES } from './app-process.js';
import { type Fixtures, sdk2Fixtures } from './sdk2.js';

/** A line of OpenTelemetry's SDK, with the fixtures that find it. */
export interface Line {
  readonly line: string;
  prepare(): Promise<Fixtures>;
}

/** Every line that is supported; a suite of conformance runs the same tests on each. */
export const LINES: readonly Line[] = [
  {
    line: 'OpenTelemetry JS SDK 3',
    async prepare() {
      return { folder: FIXTURES, [Symbol.dispose]() {} };
    },
  },
  { line: 'OpenTelemetry JS SDK 2', prepare: sdk2Fixtures },
];
