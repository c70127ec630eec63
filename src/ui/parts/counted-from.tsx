import type { ReactElement } from 'react';
import { nameOfEvidence } from '../../server/evidence-use.js';
import type { EvidenceUse } from '../../sources/source.js';
import { Name } from './name.js';

/** What operations are counted from, and whether it was sampled; services with the same stand together. */
export function CountedFrom({ evidence }: { readonly evidence: readonly EvidenceUse[] }): ReactElement {
  const services = new Map<string, string[]>();
  for (const use of evidence) {
    const name = nameOfEvidence(use);
    services.set(name, [...(services.get(name) ?? []), use.service || '(no name)']);
  }
  return (
    <>
      Counted from{' '}
      {[...services].map(([name, of], i) => (
        <span key={name}>
          {i > 0 && '; '}
          {name} of <Name>{of.join(', ')}</Name>
        </span>
      ))}
    </>
  );
}
