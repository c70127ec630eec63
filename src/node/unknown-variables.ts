import { diag } from '@opentelemetry/api';
import { variables } from '../core/settings-environment.js';

/** Read by `startTelemetry` alone; no options of the process. */
const OWN = ['TELLTALE_HTTP_FLAGS', 'TELLTALE_CHILD_SPANS'];

/** Warns about `TELLTALE_*` variables that nothing reads: a misspelt one would be ignored without a word. */
export function warnOfUnknownVariables(): void {
  const known = [...variables(), ...OWN];
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('TELLTALE_') && !known.includes(name)) {
      diag.warn(`telltale: there is no variable ${name}; there are ${known.join(', ')}.`);
    }
  }
}
