import { memo, type ReactElement } from 'react';
import type { OverviewFlag } from '../../../server/page/documents.js';
import { Link } from '../../parts/link.js';
import { orderVariants, variantStyles } from '../../state/variant-style.js';
import { Facts } from './facts.js';
import { oddsWords } from './odds-words.js';
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
        <Link flag={flag.flag} query={query}>
          <bdi className="name">{flag.flag}</bdi>
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
        {flag.why !== null && <p className="name">Not compared: {flag.why}</p>}
        {flag.comparisons === null && flag.why === null && <p>The comparison is being made.</p>}
      </div>
      <Facts flag={flag} />
    </article>
  );
});

function alertWords(logE: number | null): string {
  if (logE === null) return 'Alert: harm is proven, all flags counted.';
  return `Alert: ${oddsWords(logE)} for harm, all flags counted.`;
}
