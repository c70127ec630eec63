import type { FlagsDocument } from '../server/flag-routes.js';
import { formatCount } from '../stats/index.js';
import { readArguments } from './arguments.js';
import { asked, queryOf } from './asked.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { printable } from './printable.js';
import { percent, table } from './text.js';

export async function flagsCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values, switches } = readArguments('flags', argv, {
    options: ['url', 'token-file', 'source', 'since', 'service', 'env'],
    switches: ['json'],
    positionals: [],
  });
  const { url, 'token-file': tokenFile, source, ...query } = values;
  const document = await asked({ url, tokenFile, source }).flags(queryOf(query));
  console.log(switches.has('json') ? JSON.stringify(document, null, 2) : describe(printable(document)));
  return EXIT.ok;
}

function describe({ flags }: FlagsDocument): string {
  if (flags.length === 0) {
    return 'No flag was seen. Does the application export its metrics to the OTLP address of this backend?';
  }
  const rows = [
    ['flag', 'variant', 'operations', 'share', 'assigned', 'by default', 'by name', 'in error', 'last seen'],
  ];
  for (const { flag, variants, lastSeen } of flags) {
    const operations = variants.map((v) => v.assigned + v.override + v.default + v.error);
    const total = operations.reduce((sum, n) => sum + n, 0);
    variants.forEach((v, i) => {
      const own = operations[i] ?? 0;
      rows.push([
        i === 0 ? flag : '',
        v.variant === '' ? '(none)' : v.variant,
        formatCount(own),
        percent(total === 0 ? null : own / total),
        formatCount(v.assigned),
        formatCount(v.default),
        formatCount(v.override),
        formatCount(v.error),
        i === 0 ? `${lastSeen.slice(0, 19)}Z` : '',
      ]);
    });
  }
  return table(rows);
}
