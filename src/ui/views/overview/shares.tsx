import type { ReactElement } from 'react';
import type { OverviewVariant } from '../../../server/page/documents.js';
import { count, percent, shortCount } from '../../parts/format.js';
import { sentence } from '../../parts/sentence.js';
import { VariantName } from '../../parts/variant-name.js';
import type { VariantStyle } from '../../state/variant-style.js';

interface SharesProps {
  readonly flag: string;
  /** In their order. */
  readonly variants: readonly OverviewVariant[];
  readonly styles: ReadonlyMap<string, VariantStyle>;
}

/** How far each variant reaches: its share of requests and of units. */
export function Shares({ flag, variants, styles }: SharesProps): ReactElement {
  const hasUnits = variants.some(({ units }) => units !== null);
  return (
    <div className="shares">
      <table>
        <caption className="unseen">
          Requests{hasUnits && ' and units'} by variant of {sentence(flag)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col" className="number" colSpan={2}>
              Requests
            </th>
            {hasUnits && (
              <th scope="col" className="number" colSpan={2}>
                Units
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {variants.map(({ variant, isControl, requests, share, units, unitShare }) => (
            <tr key={variant}>
              <th scope="row">
                <VariantName name={variant} style={styles.get(variant)} />
                {isControl && <span className="soft"> control</span>}
              </th>
              <td className="number" title={count(requests)}>
                {shortCount(requests)}
              </td>
              <td className="number">{percent(share)}</td>
              {hasUnits && (
                <>
                  <td className="number" title={units === null ? 'not counted' : count(units)}>
                    {units === null ? '-' : shortCount(units)}
                  </td>
                  <td className="number">{percent(unitShare)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="share-bars" aria-hidden="true">
        <Bar of="requests" shares={variants.map(({ variant, share }) => [variant, share])} styles={styles} />
        {hasUnits && (
          <Bar
            of="units"
            shares={variants.map(({ variant, unitShare }) => [variant, unitShare ?? 0])}
            styles={styles}
          />
        )}
      </div>
    </div>
  );
}

/** The same as a picture: the table above says which variant is which, in the same order. */
function Bar({
  of,
  shares,
  styles,
}: {
  readonly of: string;
  readonly shares: readonly (readonly [variant: string, share: number])[];
  readonly styles: ReadonlyMap<string, VariantStyle>;
}): ReactElement {
  return (
    <>
      <span className="soft">{of}</span>
      <div className="share-bar">
        {shares.map(([variant, share]) => (
          <span
            key={variant}
            style={{
              width: `${share * 100}%`,
              background: `var(${styles.get(variant)?.property ?? '--line-strong'})`,
            }}
          />
        ))}
      </div>
    </>
  );
}
