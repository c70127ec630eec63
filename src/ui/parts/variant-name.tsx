import type { ReactElement } from 'react';
import type { Shape, VariantStyle } from '../state/variant-style.js';

const PATHS: Readonly<Record<Shape, string>> = {
  circle: 'M6 1a5 5 0 1 0 0 10a5 5 0 0 0 0-10z',
  triangle: 'M6 1l5 10h-10z',
  rect: 'M1 1h10v10h-10z',
  diamond: 'M6 0l6 6l-6 6l-6-6z',
  pin: 'M6 12l-4-7a4 4 0 1 1 8 0z',
  arrow: 'M6 0l5 12l-5-4l-5 4z',
};

/** A variant's name with its shape and colour. */
export function VariantName({
  name,
  style,
}: {
  readonly name: string;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  return (
    <span className="state">
      {style && (
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
          <path d={PATHS[style.shape]} fill={`var(${style.property})`} />
        </svg>
      )}
      <bdi className="name">{name}</bdi>
    </span>
  );
}
