import type { ReactElement } from 'react';
import type { VariantStyle } from '../state/variant-style.js';
import { Name } from './name.js';
import { SHAPE_PATHS } from './variant-shape.js';

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
          <path d={SHAPE_PATHS[style.shape]} fill={`var(${style.property})`} />
        </svg>
      )}
      <Name>{name}</Name>
    </span>
  );
}
