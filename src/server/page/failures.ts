import { type FailureLimits, readFailures } from '../../sources/clickhouse-failures.js';
import { frameComparison } from '../frame.js';
import { readComparisonParameters } from '../parameters.js';
import { iso, isoWindow, LOOK_BACK_SECONDS } from '../release.js';
import type { DetailSources } from './detail-sources.js';
import type { FailuresDocument } from './documents.js';

const LIMITS: FailureLimits = { most: 20, traces: 3, seconds: 10 };

const CANNOT =
  'How operations failed is not read from another store: send the telemetry to telltale up without --source.';

/**
 * How operations failed in the comparison's window, of that in the newest 7 days.
 *
 * @param now Unix seconds
 * @throws BackendError as a comparison does
 */
export async function failuresDocument(
  { source, query, changes }: DetailSources,
  flag: string,
  asked: URLSearchParams,
  now: number,
  limits: FailureLimits = LIMITS,
): Promise<FailuresDocument> {
  const parameters = readComparisonParameters(asked, now);
  const { release, selection } = await frameComparison(source, flag, parameters, now, changes);
  const { from, to } = release.window;
  const window = { from: Math.max(from, to - LOOK_BACK_SECONDS), to };
  const none = (cannot: string) => ({ window: isoWindow(window), kinds: [], leftOut: 0, cannot });
  if (query === undefined) return none(CANNOT);
  const read = await readFailures(query, selection, release.evidence, window, limits);
  if (read === undefined) {
    return none(
      `Reading how operations failed took longer than ${limits.seconds} s: ask for a shorter time, with since and until.`,
    );
  }
  const { groups, leftOut } = read;
  return {
    window: isoWindow(window),
    kinds: groups.map(({ name, variants }) => ({
      ...name,
      variants: variants.map(({ traces, ...variant }) => ({
        ...variant,
        traces: traces.map(({ traceId, at }) => ({ traceId, at: iso(at) })),
      })),
    })),
    leftOut,
    cannot: null,
  };
}
