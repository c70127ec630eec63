import type { Shape } from '../state/variant-style.js';

/** Outlines within 12 by 12, as `d` of a path has them. */
export const SHAPE_PATHS: Readonly<Record<Shape, string>> = {
  circle: 'M6 1a5 5 0 1 0 0 10a5 5 0 0 0 0-10z',
  triangle: 'M6 1l5 10h-10z',
  rect: 'M1 1h10v10h-10z',
  diamond: 'M6 0l6 6l-6 6l-6-6z',
  pin: 'M6 12l-4-7a4 4 0 1 1 8 0z',
  arrow: 'M6 0l5 12l-5-4l-5 4z',
};
