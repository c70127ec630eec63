import { type CostDimensions, estimateCost, type MetricCost } from '../dashboards/datadog-cost.js';
import { METRIC } from '../dashboards/datadog-selection.js';
import { formatCount } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { readWhole } from './arguments.js';
import { COST_OPTIONS } from './cost-options.js';
import { percent, table } from './text.js';

const MOST = 1_000_000;

/** @throws BackendError `usage`, naming the option, what was expected and what came */
export function readCostDimensions(values: Readonly<Record<string, string | undefined>>): CostDimensions {
  const read = (name: keyof CostDimensions): number =>
    readWhole(values, name, 1, MOST) ?? COST_OPTIONS[name].standard;
  const dimensions = {
    flags: read('flags'),
    variants: read('variants'),
    routes: read('routes'),
    statuses: read('statuses'),
    instances: read('instances'),
  };
  if (total(estimateCost(dimensions), 'withPercentiles') > Number.MAX_SAFE_INTEGER) {
    const message = `${asText(dimensions)} are more custom metrics than can be counted: give numbers of your own application.`;
    throw new BackendError('usage', message);
  }
  return dimensions;
}

/** The estimate as a table, what dominates it, and how to lower it. */
export function describeCost(dimensions: CostDimensions): string {
  const costs = estimateCost(dimensions);
  const row = (name: string, cells: readonly number[]): string[] => [name, ...cells.map(formatCount)];
  const rows = [
    ['metric', 'tag combinations', 'custom metrics', 'with percentiles'],
    ...costs.map((cost) => row(cost.metric, [cost.combinations, cost.customMetrics, cost.withPercentiles])),
    row('total', [
      total(costs, 'combinations'),
      total(costs, 'customMetrics'),
      total(costs, 'withPercentiles'),
    ]),
  ];
  return [
    `Custom metrics in Datadog, at most, as if every combination of tags occurred:\n${asText(dimensions)}\n`,
    `${table(rows, '  ')}\n`,
    ...advice(dimensions, costs),
  ].join('\n');
}

function advice(dimensions: CostDimensions, costs: readonly MetricCost[]): string[] {
  const [first] = costs;
  const share = (first?.withPercentiles ?? 0) / total(costs, 'withPercentiles');
  return [
    `${first?.metric} is ${percent(share)} of it.`,
    `Percentiles double ${METRIC}; slow shares and --source datadog need them.`,
    ...instanceAdvice(dimensions, costs),
    'Fewer: evaluate flags only where they matter, take flags out when they are done, keep routes few (http.route, not paths).',
    'Counted as one each: assignments (overrides and defaults add some), reasons, versions of flags, error types, methods of a route.',
    'telltale.unit.slow is sent only where TELLTALE_SLOW_THRESHOLD_MS is set.',
  ];
}

function instanceAdvice(dimensions: CostDimensions, costs: readonly MetricCost[]): string[] {
  if (dimensions.instances === 1) return [];
  const of = (all: readonly MetricCost[]): number =>
    all.find(({ metric }) => metric === METRIC)?.withPercentiles ?? 0;
  const saved = of(costs) - of(estimateCost({ ...dimensions, instances: 1 }));
  return [
    `The tag configuration of metric-tags.json, without the instance, takes ${formatCount(saved)} off what is indexed; what is sent then counts as ingested too, at a price of its own.`,
    'Keep service.instance.id in what is sent: of two points of one series in one second Datadog keeps the last.',
  ];
}

function total(
  costs: readonly MetricCost[],
  column: 'combinations' | 'customMetrics' | 'withPercentiles',
): number {
  return costs.reduce((sum, cost) => sum + cost[column], 0);
}

function asText({ flags, variants, routes, statuses, instances }: CostDimensions): string {
  const named: [number, string][] = [
    [flags, 'flags'],
    [variants, 'variants'],
    [routes, 'routes'],
    [statuses, 'statuses'],
    [instances, 'instances'],
  ];
  return named.map(([count, name]) => `${formatCount(count)} ${name}`).join(' x ');
}
