import { FIXTURES } from './app-process.js';
import { type Fixtures, installedFixtures } from './installed.js';

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
  { line: 'OpenTelemetry JS SDK 2', prepare: () => installedFixtures('sdk2') },
];

/** The lines with Express 5, and Express 4. */
export const EXPRESS_LINES: readonly Line[] = [
  ...LINES.map(({ line, prepare }) => ({ line: `Express 5, ${line}`, prepare })),
  { line: 'Express 4, OpenTelemetry JS SDK 3', prepare: () => installedFixtures('express4') },
];
