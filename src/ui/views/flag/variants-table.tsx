import type { ReactElement } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { VariantSummary } from '../../../server/variants.js';
import { Card } from '../../parts/card.js';
import { count, duration, percent } from '../../parts/format.js';
import { NumberHeads } from '../../parts/number-heads.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import { orderVariants, type VariantStyle } from '../../state/variant-style.js';

/** What was seen of each variant, the control first. */
export function VariantsTable({
  comparison: { control, variants },
  looks,
}: {
  readonly comparison: Comparison;
  readonly looks: ReadonlyMap<string, VariantStyle>;
}): ReactElement {
  const names = variants.map(({ variant }) => variant);
  const rows = orderVariants(names, control).flatMap((name) =>
    variants.filter(({ variant }) => variant === name),
  );
  const isCounted = variants.some(({ units }) => units !== null);
  const isExpected = variants.some(({ expectedShare }) => expectedShare !== null);
  const isExcluded = variants.some(({ excluded }) => Object.values(excluded).some((n) => n > 0));
  return (
    <Card id="variants" heading="Variants">
      <TableBox
        name="Variants"
        note="Compared operations: assigned by the release and seen to their end. Units: so many had it at least."
      >
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <NumberHeads names={['Requests', 'Share', ...(isExpected ? ['Expected'] : [])]} />
            <NumberHeads names={['Errors', 'Error rate', 'p50', 'p95', 'p99']} />
            {isCounted && <NumberHeads names={['Units']} />}
            {isExcluded && <th scope="col">Not compared</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.variant}>
              <th scope="row">
                <VariantName name={row.variant} style={looks.get(row.variant)} />
                {row.variant === control && <span className="soft"> (control)</span>}
              </th>
              <td className="number">{count(row.requests)}</td>
              <td className="number">{percent(row.share)}</td>
              {isExpected && <td className="number">{percent(row.expectedShare)}</td>}
              <td className="number">{count(row.errors)}</td>
              <td className="number">{percent(row.errorRate)}</td>
              <td className="number">{duration(row.latency.p50)}</td>
              <td className="number">{duration(row.latency.p95)}</td>
              <td className="number">{duration(row.latency.p99)}</td>
              {isCounted && <td className="number">{row.units === null ? '-' : count(row.units)}</td>}
              {isExcluded && <td>{excludedWords(row)}</td>}
            </tr>
          ))}
        </tbody>
      </TableBox>
    </Card>
  );
}

function excludedWords({ excluded }: VariantSummary): string {
  const parts = [
    [excluded.default, 'got the default'],
    [excluded.override, 'set by name'],
    [excluded.error, 'evaluated in error'],
    [excluded.aborted, 'aborted'],
  ] as const;
  const seen = parts.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`);
  return seen.join(', ') || '-';
}
