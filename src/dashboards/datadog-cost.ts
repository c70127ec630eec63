import { METRIC } from './datadog-selection.js';

/** How many values each tag may have. All are whole numbers from 1 on. */
export interface CostDimensions {
  readonly flags: number;
  /** Of one flag. */
  readonly variants: number;
  /** At which one flag is evaluated. */
  readonly routes: number;
  /** Response status codes of one route. */
  readonly statuses: number;
  /** Processes that export, each with its own `service.instance.id`. */
  readonly instances: number;
}

/** What one metric adds to the bill. */
export interface MetricCost {
  readonly metric: string;
  /** Of tags, if every one occurs in every hour. */
  readonly combinations: number;
  readonly customMetrics: number;
  /** The same with percentiles switched on, which count again as many. */
  readonly withPercentiles: number;
}

/** Datadog bills a distribution as count, sum, min, max and avg; with percentiles as five more. */
const PER_DISTRIBUTION = 5;
const UNIT_BUCKETS = 16;

/**
 * What Telltale's metrics are billed as in Datadog, at most: no combination occurs twice, and few applications have all.
 *
 * @returns The costliest first
 */
export function estimateCost(dimensions: CostDimensions): readonly MetricCost[] {
  const { flags, variants, routes, statuses, instances } = dimensions;
  const evaluated = flags * variants * instances;
  const distribution = evaluated * routes * statuses;
  const counter = (metric: string, combinations: number): MetricCost => ({
    metric,
    combinations,
    customMetrics: combinations,
    withPercentiles: combinations,
  });
  const costs = [
    {
      metric: METRIC,
      combinations: distribution,
      customMetrics: distribution * PER_DISTRIBUTION,
      withPercentiles: distribution * PER_DISTRIBUTION * 2,
    },
    counter('feature_flag.evaluations', evaluated),
    ...['operations', 'errors', 'slow', 'exposed'].map((name) =>
      counter(`telltale.unit.${name}`, evaluated * UNIT_BUCKETS),
    ),
  ];
  return costs.sort((a, b) => b.withPercentiles - a.withPercentiles);
}
