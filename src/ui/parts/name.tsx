import type { ReactElement } from 'react';
import { sentence } from './sentence.js';

/** A name from telemetry: apart from what is around it, and with marks that are not seen as escapes, so that none looks like another. */
export function Name({ children }: { readonly children: string }): ReactElement {
  return <bdi className="name">{sentence(children)}</bdi>;
}
