import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { OverviewFlag } from '../../../server/page/documents.js';
import { sentence } from '../../parts/sentence.js';

/** Tells of alerts without being looked at: in the window's title, and to screen readers when there is a new one. */
export function AlertNews({ flags }: { readonly flags: readonly OverviewFlag[] }): ReactElement {
  const alerts = flags.filter(({ alert }) => alert);
  const known = useRef<ReadonlySet<string>>(undefined);
  const [news, setNews] = useState('');
  const title = alertTitle(alerts.map(({ flag }) => flag));

  useEffect(() => {
    document.title = sentence(title);
    return () => {
      document.title = 'Telltale';
    };
  }, [title]);

  useEffect(() => {
    const alerts = flags.filter(({ alert }) => alert);
    const fresh = alerts.filter(({ flag }) => known.current !== undefined && !known.current.has(flag));
    known.current = new Set(alerts.map(({ flag }) => flag));
    if (fresh.length > 0) setNews(fresh.map(newsOf).join(' '));
  }, [flags]);

  return (
    <p role="status" className="unseen">
      {sentence(news)}
    </p>
  );
}

function newsOf({ flag, comparisons }: OverviewFlag): string {
  const harmful = comparisons?.find(({ verdict }) => verdict === 'roll-back') ?? comparisons?.[0];
  return `New alert: ${flag}. ${harmful?.summary ?? ''}`;
}

function alertTitle([first, ...more]: readonly string[]): string {
  if (first === undefined) return 'Flags - Telltale';
  const count = more.length === 0 ? '1 alert' : `${more.length + 1} alerts`;
  return `${count}: ${first}${more.length === 0 ? '' : ', ...'} - Telltale`;
}
