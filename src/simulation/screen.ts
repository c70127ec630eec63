import { absoluteGains, GRID_SIZE, ratioGains } from '../stats/e-values.js';
import type { VerdictParameters } from '../stats/index.js';
import { logMeanExp } from '../stats/log-space.js';
import type { Table } from '../stats/tables.js';

/** Far more than the rounding of sums in another order, far less than any evidence. */
const SLACK = 1e-6;

/**
 * Tells the looks at which the verdict cannot be but `hold`, at a small part of its cost; at all others the
 * verdict itself is asked. An e-value is a mean, and so reaches its target only where some component does:
 * for harm, one point of the grid from one block on, whose largest sum is kept as CUSUM does (Page 1954).
 * Overdispersion divides every component, so what is not enough without it is not enough with it.
 */
export interface Screen {
  /**
   * @param current The newest block so far: one table for each way to leave a bucket of units out, all of
   *   which must prove the same; one alone where there are no units
   * @param floor Divisor of the absolute margin's half
   */
  mayDecide(current: readonly Table[], floor: number): boolean;
  /** The block has ended. */
  close(current: readonly Table[]): void;
}

export function createScreen(parameters: VerdictParameters, tables: number): Screen {
  const bounds = Array.from({ length: tables }, () => createBound(parameters));
  return {
    mayDecide: (current, floor) =>
      bounds.every((bound, i) => bound.mayHarm(current[i])) ||
      bounds.every((bound, i) => bound.maySafe(current[i], floor)),
    close(current) {
      for (const [i, bound] of bounds.entries()) bound.close(current[i]);
    },
  };
}

/** What one table at a time can come to. */
interface Bound {
  mayHarm(current: Table | undefined): boolean;
  maySafe(current: Table | undefined, floor: number): boolean;
  close(current: Table | undefined): void;
}

function createBound(parameters: VerdictParameters): Bound {
  const { alphaHarm, alphaSafe, harmErrors, marginErrors, extraErrors } = parameters;
  const harmTarget = -Math.log(alphaHarm) - SLACK;
  const safeTarget = -Math.log(alphaSafe) - SLACK;
  const harm = new Float64Array(GRID_SIZE);
  const ratio = new Float64Array(GRID_SIZE);
  const absolute = new Float64Array(GRID_SIZE);
  const components = new Float64Array(2 * GRID_SIZE);
  const harmGains = (table: Table | undefined) => ratioGains(paired(table), Math.log(harmErrors), 'above');
  const safeGains = (table: Table | undefined) => ratioGains(paired(table), Math.log(marginErrors), 'below');
  return {
    mayHarm: (current) => harmGains(current).some((gain, j) => (harm[j] ?? 0) + gain >= harmTarget),
    maySafe(current, floor) {
      const own = safeGains(current);
      const ownAbsolute = absoluteGains(paired(current), extraErrors);
      for (let j = 0; j < GRID_SIZE; j++) {
        components[j] = Math.max(0, (ratio[j] ?? 0) + (own[j] ?? 0));
        const gain = (absolute[j] ?? 0) + (ownAbsolute[j] ?? 0);
        components[GRID_SIZE + j] = Math.max(0, gain / Math.max(1, floor));
      }
      return logMeanExp(components) >= safeTarget;
    },
    close(current) {
      const own = harmGains(current);
      const ownRatio = safeGains(current);
      const ownAbsolute = absoluteGains(paired(current), extraErrors);
      for (let j = 0; j < GRID_SIZE; j++) {
        harm[j] = Math.max(0, (harm[j] ?? 0) + (own[j] ?? 0));
        ratio[j] = (ratio[j] ?? 0) + (ownRatio[j] ?? 0);
        absolute[j] = (absolute[j] ?? 0) + (ownAbsolute[j] ?? 0);
      }
    },
  };
}

/** A block with one variant alone says nothing. */
function paired(table: Table | undefined): Table[] {
  return table === undefined || table.treatmentRequests === 0 || table.controlRequests === 0 ? [] : [table];
}
