import { activeEnvironments } from '../../sources/clickhouse-active.js';
import type { FlagTraffic, Source, Window } from '../../sources/source.js';
import { isBackendError } from '../../store/backend-error.js';
import type { Query } from '../../store/store.js';
import type { ChangeHistory } from '../change-history.js';
import type { Comparison } from '../comparison.js';
import { comparisonDocument } from '../flag-routes.js';
import type { LookOrder, Place } from './look-order.js';
import type { NotifyMetrics } from './notify-metrics.js';

/** Of one look. What is over is counted; flags are compared by the looks after it. */
const MAX_COMPARISONS = 50;
const MAX_ENVIRONMENTS = 20;

export interface LookOptions {
  readonly source: Source;
  readonly query: Query;
  readonly history: ChangeHistory;
  /** What a flag is compared with beside the environment, as the API takes it. */
  readonly parametersOf: (flag: string) => Readonly<Record<string, string>>;
  readonly metrics: NotifyMetrics;
  readonly order: LookOrder;
  readonly onError: (error: unknown) => void;
}

export interface LookedAt {
  readonly comparison: Comparison;
  /** Empty: all of them, as none is reported. */
  readonly environment: string;
  readonly services: readonly string[];
}

/**
 * Compares the flags of which new traffic came, one after the other, in each environment.
 *
 * @param active when the traffic came
 */
export async function* lookAtVerdicts(options: LookOptions, active: Window): AsyncGenerator<LookedAt> {
  const { source, history, parametersOf, metrics, order, onError } = options;
  const found = await activeFlags(options, active);
  metrics.comparisons('left_out', Math.max(0, found.length - MAX_COMPARISONS));
  for (const { flag, environment, services } of order.sorted(found).slice(0, MAX_COMPARISONS)) {
    order.looked({ flag, environment }, active.to);
    try {
      const asked = { ...parametersOf(flag), ...(environment === '' ? {} : { env: environment }) };
      const comparison = await comparisonDocument(
        source,
        flag,
        new URLSearchParams(asked),
        active.to,
        history,
      );
      metrics.comparisons('done');
      yield { comparison, environment, services };
    } catch (error) {
      // Such as a flag of which nobody says what its control is.
      const isAnswer =
        isBackendError(error) && ['bad-request', 'unknown-flag', 'unknown-treatment'].includes(error.code);
      metrics.comparisons(isAnswer ? 'not_comparable' : 'failed');
      if (!isAnswer) onError(error);
    }
  }
}

type ActiveFlag = FlagTraffic & Place;

/** Flags of which two variants had traffic, most requests first: where one is given to all, nothing turns. */
async function activeFlags({ source, query, metrics }: LookOptions, active: Window): Promise<ActiveFlag[]> {
  const reported = await activeEnvironments(query, active);
  const named = reported.filter((name) => name !== '');
  metrics.comparisons('left_out', Math.max(0, named.length - MAX_ENVIRONMENTS));
  const found: ActiveFlag[] = [];
  for (const environment of named.length === 0 ? reported : named.slice(0, MAX_ENVIRONMENTS)) {
    const flags = await source.flags(active, environment === '' ? {} : { environment });
    for (const flag of flags) if (assigned(flag).length > 1) found.push({ ...flag, environment });
  }
  return found.sort((a, b) => total(b) - total(a));
}

function assigned({ variants }: FlagTraffic): number[] {
  return variants.map((variant) => variant.assigned).filter((requests) => requests > 0);
}

function total(flag: FlagTraffic): number {
  return assigned(flag).reduce((sum, requests) => sum + requests, 0);
}
