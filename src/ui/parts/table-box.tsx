import type { ReactElement, ReactNode } from 'react';

/**
 * A table that may be wider than the page: it scrolls in a box of its own, by keyboard too.
 *
 * @param name The table's caption, for who does not see the heading above it
 * @param note What must be known to read it
 */
export function TableBox({
  name,
  note,
  children,
}: {
  readonly name: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <>
      {note !== undefined && <p className="soft">{note}</p>}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of fields. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <div className="table-box" role="group" aria-label={name} tabIndex={0}>
        <table>
          <caption className="unseen">{name}</caption>
          {children}
        </table>
      </div>
    </>
  );
}
