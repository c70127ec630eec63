import type { CostDimensions } from '../dashboards/datadog-cost.js';

/** Every option of the estimate, with what it is where nobody says. */
export const COST_OPTIONS: Readonly<
  Record<keyof CostDimensions, { readonly standard: number; readonly help: string }>
> = {
  flags: { standard: 1, help: 'flags that are evaluated (1)' },
  variants: { standard: 2, help: 'variants of each (2)' },
  routes: { standard: 20, help: 'routes at which one flag is evaluated (20)' },
  statuses: { standard: 3, help: 'status codes of a route (3)' },
  instances: { standard: 1, help: 'processes that export (1)' },
};
