import type { ReactElement } from 'react';

/** Heads of columns of numbers. */
export function NumberHeads({ names }: { readonly names: readonly string[] }): ReactElement {
  return (
    <>
      {names.map((name) => (
        <th key={name} scope="col" className="number">
          {name}
        </th>
      ))}
    </>
  );
}
