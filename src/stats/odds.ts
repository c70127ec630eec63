import type { Table } from './tables.js';

/** All that a stratum's events say of a ratio, apart from how many are the treatment's. */
export interface OddsGroup {
  /** n_T / n_C. */
  readonly odds: number;
  /** Events of both variants; a weight where strata are merged, then not whole and perhaps below 0. */
  readonly events: number;
}

/** Up to here strata are taken as they are. */
const MERGE_ABOVE = 64;
/** Width of a window in ln odds, and the nodes in it: an error below 1e-14 of the sum. */
const WINDOW = 2;
const NODES = 20;

/** Chebyshev points of the first kind on (-1, 1), and their barycentric weights. */
const POINTS: readonly number[] = Array.from({ length: NODES }, (_, k) => Math.cos(angle(k)));
const WEIGHTS: readonly number[] = POINTS.map((_, k) => (k % 2 === 0 ? 1 : -1) * Math.sin(angle(k)));

function angle(k: number): number {
  return (Math.PI * (2 * k + 1)) / (2 * NODES);
}

/**
 * Strata merged into a few groups that have the same sums of events * f(odds), for the shown interval only.
 * Each root takes some five passes over all strata and 40 grid points, which at 5,000 strata cost more than
 * all decisions together. The f in question are smooth in t = ln odds (analytic for |Im t| < pi), so each
 * stratum's events are spread over the Chebyshev nodes of a window of t by Lagrange's basis (Berrut &
 * Trefethen 2004, "Barycentric Lagrange interpolation", equation 4.2); the error falls as 6^-nodes.
 */
export function groupByOdds(tables: readonly Table[]): OddsGroup[] {
  const direct = tables.map((table) => ({
    odds: table.treatmentRequests / table.controlRequests,
    events: table.treatmentEvents + table.controlEvents,
  }));
  if (direct.length <= MERGE_ABOVE) return direct;
  const windows = new Map<number, Float64Array>();
  for (const { odds, events } of direct) {
    if (events === 0) continue;
    const position = Math.log(odds) / WINDOW;
    const window = Math.floor(position);
    let sums = windows.get(window);
    if (sums === undefined) {
      sums = new Float64Array(NODES);
      windows.set(window, sums);
    }
    spread(sums, 2 * (position - window) - 1, events);
  }
  return [...windows].flatMap(([window, sums]) =>
    POINTS.map((point, k) => ({
      odds: Math.exp(WINDOW * (window + (point + 1) / 2)),
      events: sums[k] ?? 0,
    })),
  );
}

/** Adds `events` times the Lagrange basis at `t`. */
function spread(sums: Float64Array, t: number, events: number): void {
  const exact = POINTS.indexOf(t);
  if (exact >= 0) {
    sums[exact] = (sums[exact] ?? 0) + events;
    return;
  }
  let all = 0;
  for (let k = 0; k < NODES; k++) all += (WEIGHTS[k] ?? 0) / (t - (POINTS[k] ?? 0));
  for (let k = 0; k < NODES; k++) {
    sums[k] = (sums[k] ?? 0) + (events * (WEIGHTS[k] ?? 0)) / ((t - (POINTS[k] ?? 0)) * all);
  }
}
