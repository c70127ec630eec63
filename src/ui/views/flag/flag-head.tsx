import type { ReactElement } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import { CountedFrom } from '../../parts/counted-from.js';
import { duration, moment } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { sentence } from '../../parts/sentence.js';
import { VariantName } from '../../parts/variant-name.js';
import { orderVariants, variantStyles } from '../../state/variant-style.js';
import { FlagFilters } from './flag-filters.js';

/** Which flag, what is compared, when, and what it is counted from. */
export function FlagHead({
  flag,
  comparison,
}: {
  readonly flag: string;
  readonly comparison: Comparison | undefined;
}): ReactElement {
  return (
    <header className="flag-head">
      <h1>
        <Name>{flag}</Name>
      </h1>
      <FlagFilters comparison={comparison} />
      {comparison && <Window comparison={comparison} />}
      {comparison && comparison.evidence.length > 0 && (
        <p className="soft">
          <CountedFrom evidence={comparison.evidence} />
        </p>
      )}
      {comparison && comparison.cannot.length > 0 && (
        <ul className="notice wait">
          {comparison.cannot.map((each) => (
            <li key={each}>{sentence(each)}</li>
          ))}
        </ul>
      )}
    </header>
  );
}

function Window({ comparison }: { readonly comparison: Comparison }): ReactElement {
  const { control, comparisons, window } = comparison;
  const treatments = comparisons.map(({ treatment }) => treatment);
  const styles = variantStyles(
    comparison.variants.map(({ variant }) => variant),
    control,
  );
  return (
    <p className="row">
      <span className="row">
        {orderVariants(treatments, undefined).map((name) => (
          <VariantName key={name} name={name} style={styles.get(name)} />
        ))}
        {treatments.length > 0 && ' against '}
        <VariantName name={control || '(no control)'} style={styles.get(control)} />
      </span>
      <span>
        <time dateTime={window.from}>{moment(window.from)}</time> to{' '}
        <time dateTime={window.to}>{moment(window.to)}</time>{' '}
        <span className="soft">({duration((Date.parse(window.to) - Date.parse(window.from)) / 1000)})</span>
      </span>
    </p>
  );
}
