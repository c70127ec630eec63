import type { MouseEvent, ReactElement, ReactNode } from 'react';
import { addressOf, goTo } from '../state/place.js';

/** A link to a view of the page, without loading it anew. */
export function Link({
  flag,
  query,
  className,
  children,
}: {
  /** undefined: the overview. */
  readonly flag: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly className?: string;
  readonly children: ReactNode;
}): ReactElement {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo(flag, query);
  };
  return (
    <a className={className} href={addressOf(flag, query)} onClick={follow}>
      {children}
    </a>
  );
}
