import type { ReactElement } from 'react';
import { sentence } from '../../parts/sentence.js';
import { setQuery, usePlace } from '../../state/place.js';

/** Which variant the others are compared with. */
export function ControlChooser({ variants }: { readonly variants: readonly string[] }): ReactElement {
  const chosen = usePlace().query['control'] ?? '';
  return (
    <label className="state">
      <span>Control</span>
      <select value={chosen} onChange={({ target }) => setQuery({ control: target.value })}>
        <option value="">by its name</option>
        {[...new Set([...(chosen === '' ? [] : [chosen]), ...variants])].map((variant) => (
          <option key={variant} value={variant}>
            {sentence(variant)}
          </option>
        ))}
      </select>
    </label>
  );
}
