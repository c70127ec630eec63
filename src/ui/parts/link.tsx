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
  return (
    <a className={className} href={addressOf(flag, query)} onClick={followed(() => goTo(flag, query))}>
      {children}
    </a>
  );
}

/** What a link does in the page; with a key held, or another button, the browser follows it as any other. */
export function followed(go: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    go();
  };
}
