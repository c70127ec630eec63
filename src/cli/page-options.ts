import { shownAddress } from '../sources/shown-address.js';
import { BackendError } from '../store/backend-error.js';

const PLACE = '{traceId}';

/**
 * The template of `--trace-url`: the address of a trace, with {@link PLACE} where its id goes.
 *
 * @throws BackendError `usage`
 */
export function readTraceUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const filled = (digit: string): URL | null => URL.parse(text.replaceAll(PLACE, digit.repeat(32)));
  const url = filled('a');
  // The page shows it to everybody who may read. Of a password with `/` the rest is taken for the path.
  const isOpen = url !== null && `${url.username}${url.password}` === '' && !url.pathname.includes('@');
  const isFixed = url !== null && /^https?:$/.test(url.protocol) && url.origin === filled('b')?.origin;
  if (isOpen && isFixed && text.includes(PLACE)) return text;
  throw new BackendError(
    'usage',
    `--trace-url must be the address of a trace with ${PLACE} for its id, without a user or password, such as http://localhost:16686/trace/${PLACE} (Jaeger), ` +
      `https://app.datadoghq.com/apm/trace/${PLACE} (Datadog), https://ui.honeycomb.io/TEAM/environments/ENV/trace?trace_id=${PLACE} (Honeycomb), ` +
      `or of Tempo what Grafana's Explore has in its address, with ${PLACE} in place of the id; it is ${JSON.stringify(shownAddress(text))}.`,
  );
}
