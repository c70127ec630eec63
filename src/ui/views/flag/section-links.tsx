import { type ReactElement, useEffect } from 'react';

const SECTIONS = [
  ['verdicts', 'Verdicts'],
  ['variants', 'Variants'],
  ['latency', 'Latency'],
  ['course', 'Over time'],
  ['breakdown', 'Breakdown'],
  ['failures', 'Failures'],
  ['sample', 'Sample ratio'],
  ['evaluations', 'Evaluations'],
  ['changes', 'Changes'],
  ['export', 'Export'],
] as const;

/** The sections of a long view. Stands there once they do: then the one that the address names is shown. */
export function SectionLinks(): ReactElement {
  useEffect(() => {
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, []);
  return (
    <nav aria-label="On this page" className="row">
      {SECTIONS.map(([id, words]) => (
        <a key={id} href={`#${id}`}>
          {words}
        </a>
      ))}
    </nav>
  );
}
