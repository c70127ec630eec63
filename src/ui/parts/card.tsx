import { type ReactElement, type ReactNode, useId } from 'react';

/** A part of a view, with its heading. */
export function Card({
  id: anchor,
  heading,
  children,
}: {
  /** For the end of an address. */
  readonly id?: string;
  readonly heading: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  const id = useId();
  return (
    <section id={anchor} className="card" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      {children}
    </section>
  );
}
