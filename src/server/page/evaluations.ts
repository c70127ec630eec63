import { countEvaluations } from '../../sources/clickhouse-evaluations.js';
import type { Query } from '../../store/store.js';
import { isoWindow } from '../release.js';
import type { EvaluationsDocument } from './documents.js';
import { readLook } from './window.js';

const MOST_KINDS = 50;

const CANNOT =
  'How flags were evaluated is not read from another store: send the telemetry to telltale up without --source.';

/**
 * @param query undefined: evaluations are not stored here
 * @param now Unix seconds
 */
export async function evaluationsDocument(
  query: Query | undefined,
  flag: string,
  asked: URLSearchParams,
  now: number,
): Promise<EvaluationsDocument> {
  const { window, services } = readLook(asked, now);
  const counts =
    query === undefined
      ? { evaluations: 0, failed: 0, kinds: [], leftOut: 0 }
      : await countEvaluations(query, { flag, ...services }, window, MOST_KINDS);
  return { window: isoWindow(window), ...counts, cannot: query === undefined ? CANNOT : null };
}
