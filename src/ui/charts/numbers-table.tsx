import { type ReactElement, type ReactNode, useState } from 'react';
import { TableBox } from '../parts/table-box.js';

/** A table of text; the first column heads its row. */
export interface Numbers {
  readonly head: readonly ReactNode[];
  readonly rows: readonly (readonly string[])[];
}

/** As many rows as somebody reads, and a page draws at once. */
const MOST_ROWS = 250;

/** The numbers behind a chart, made when somebody asks for them. */
export function NumbersTable({
  title,
  numbers,
}: {
  readonly title: string;
  readonly numbers: () => Numbers;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Numbers</summary>
      {isOpen && <Rows title={title} numbers={numbers()} />}
    </details>
  );
}

function Rows({ title, numbers }: { readonly title: string; readonly numbers: Numbers }): ReactElement {
  const { head, rows } = numbers;
  const leftOut = rows.length - MOST_ROWS;
  return (
    <TableBox
      name={`Numbers of ${title}`}
      note={leftOut > 0 ? `${leftOut} rows more are not shown.` : undefined}
    >
      <thead>
        <tr>
          {head.map((cell, i) => (
            <th key={i} scope="col" className={i === 0 ? undefined : 'number'}>
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, MOST_ROWS).map(([first, ...cells]) => (
          <tr key={first}>
            <th scope="row">{first}</th>
            {cells.map((cell, i) => (
              <td key={i} className="number">
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}
