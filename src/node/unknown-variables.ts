import { diag } from '@opentelemetry/api';
import { variables } from '../core/settings-environment.js';

/** Read by `startTelemetry` alone, and by `telltale up` and the commands; no options of the process. */
const OWN = [
  'TELLTALE_EXPORTER',
  'TELLTALE_HTTP_FLAGS',
  'TELLTALE_CHILD_SPANS',
  'TELLTALE_TOKEN',
  'TELLTALE_WRITE_TOKEN',
  'TELLTALE_READ_TOKEN',
];

/** Warns about `TELLTALE_*` variables that nothing reads: a misspelt one would be ignored without a word. */
export function warnOfUnknownVariables(): void {
  const known = [...variables(), ...OWN];
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('TELLTALE_') && !known.includes(name)) {
      diag.warn(`telltale: there is no variable ${name}; there are ${known.join(', ')}.`);
    }
  }
}
