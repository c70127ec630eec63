import { createRequire } from 'node:module';

/** What the tests call. Written out here, for the package has types for its CommonJS half only. */
interface SpecialFunctions {
  readonly compiled: Promise<void>;
  readonly lgam: (x: number) => number;
  readonly igam: (a: number, x: number) => number;
  readonly igamc: (a: number, x: number) => number;
  readonly incbet: (a: number, b: number, x: number) => number;
  readonly ndtr: (z: number) => number;
  readonly ndtri: (p: number) => number;
  readonly stdtr: (degrees: number, t: number) => number;
  readonly chdtrc: (degrees: number, x: number) => number;
}

const require = createRequire(import.meta.url);

/** Moshier's Cephes library, compiled to WebAssembly: the functions that SciPy calls. */
export const cephes: SpecialFunctions = require('cephes');

await cephes.compiled;
