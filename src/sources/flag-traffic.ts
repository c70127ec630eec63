import type { FlagTraffic } from './source.js';

/** Operations of a flag that share variant and assignment. Times are Unix seconds. */
export interface FlagRow {
  flag: string;
  last_seen: number;
  services: string[];
  environments: string[];
  variant: string;
  assignment: string;
  operations: number | string;
}

/** Flags with their variants, most requests first. */
export function flagTraffic(rows: readonly FlagRow[]): FlagTraffic[] {
  type Building = {
    lastSeen: number;
    services: Set<string>;
    environments: Set<string>;
    variants: Map<string, { assigned: number; override: number; default: number; error: number }>;
    total: number;
  };
  const flags = new Map<string, Building>();
  for (const row of rows) {
    const requests = Number(row.operations);
    let flag = flags.get(row.flag);
    if (flag === undefined) {
      flag = { lastSeen: 0, services: new Set(), environments: new Set(), variants: new Map(), total: 0 };
      flags.set(row.flag, flag);
    }
    flag.lastSeen = Math.max(flag.lastSeen, row.last_seen);
    for (const service of row.services) flag.services.add(service);
    for (const environment of row.environments) flag.environments.add(environment);
    flag.total += requests;
    let variant = flag.variants.get(row.variant);
    if (variant === undefined) {
      variant = { assigned: 0, override: 0, default: 0, error: 0 };
      flag.variants.set(row.variant, variant);
    }
    if (row.assignment === 'override' || row.assignment === 'default' || row.assignment === 'error') {
      variant[row.assignment] += requests;
    } else {
      variant.assigned += requests;
    }
  }
  return [...flags]
    .sort(([a, x], [b, y]) => y.total - x.total || (a < b ? -1 : 1))
    .map(([flag, { lastSeen, services, environments, variants }]) => ({
      flag,
      lastSeen,
      services: [...services].sort(),
      environments: [...environments].sort(),
      variants: [...variants]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([variant, counts]) => ({ variant, ...counts })),
    }));
}
