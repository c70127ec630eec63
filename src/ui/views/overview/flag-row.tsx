import { memo, type ReactElement } from 'react';
import type { OverviewFlag } from '../../../server/page/documents.js';
import { Link } from '../../parts/link.js';
import { Name } from '../../parts/name.js';
import { oddsWords } from '../../parts/odds-words.js';
import { sentence } from '../../parts/sentence.js';
import { orderVariants, variantStyles } from '../../state/variant-style.js';
import { Facts } from './facts.js';
import { Shares } from './shares.js';
import { Treatment } from './treatment.js';

interface FlagRowProps {
  readonly flag: OverviewFlag;
  readonly query: Readonly<Record<string, string>>;
}

/** All that the overview says of one flag. */
export const FlagRow = memo(function FlagRow({ flag, query }: FlagRowProps): ReactElement {
  const control = flag.variants.find(({ isControl }) => isControl)?.variant;
  const names = flag.variants.map(({ variant }) => variant);
  const styles = variantStyles(names, control);
  const byName = new Map(flag.variants.map((variant) => [variant.variant, variant]));
  return (
    <article className="card flag-row" data-alert={flag.alert}>
      <h3>
        <Link flag={flag.flag} query={{ ...flag.configured, ...query }}>
          <Name>{flag.flag}</Name>
        </Link>
      </h3>
      <Shares
        flag={flag.flag}
        variants={orderVariants(names, control).flatMap((name) => byName.get(name) ?? [])}
        styles={styles}
      />
      <div className="treatments">
        {flag.alert && <p className="alert-words">{alertWords(flag.logEAdjusted)}</p>}
        {flag.comparisons?.map((comparison) => (
          <Treatment
            key={comparison.treatment}
            comparison={comparison}
            style={styles.get(comparison.treatment)}
          />
        ))}
        <NotCompared flag={flag} />
      </div>
      <Facts flag={flag} />
    </article>
  );
});

/** Why there is no comparison, or no newer one. */
function NotCompared({ flag: { comparisons, why } }: { readonly flag: OverviewFlag }): ReactElement | null {
  if (why !== null) {
    return (
      <p className="name">
        Not compared{comparisons !== null && ' again'}. {sentence(why)}
      </p>
    );
  }
  if (comparisons === null) return <p>The comparison is being made.</p>;
  if (comparisons.length > 0) return null;
  return <p>Not compared. No operation of a second variant was counted.</p>;
}

function alertWords(logE: number | null): string {
  return `Alert: ${oddsWords(logE)} for harm, all flags counted.`;
}
