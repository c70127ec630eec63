import type { CheckedCell } from './checked.js';

/** Requests and events of both variants in one stratum: a 2x2 table. Both variants have requests. */
export interface Table {
  readonly epoch: string;
  readonly from: number;
  readonly treatmentRequests: number;
  readonly treatmentEvents: number;
  readonly controlRequests: number;
  readonly controlEvents: number;
}

/** Sums over tables: for sentences and shares, never for a test (pooled over a ramp, counts lie). */
export interface Totals {
  treatmentRequests: number;
  treatmentEvents: number;
  controlRequests: number;
  controlEvents: number;
}

/** One epoch, block and service version, routes summed. */
export interface Stratum {
  readonly epoch: string;
  readonly from: number;
  readonly serviceVersion: string;
  readonly treatment: Arm;
  readonly control: Arm;
  /** A cell of this stratum was left out of the slow guardrail, and so the whole stratum is: the routes that
   * remain in one arm need not be those that remain in the other. */
  slowLeftOut: boolean;
}

interface Arm {
  requests: number;
  errors: number;
  slow: number;
}

/** Cells summed into strata, in an order that does not depend on the order of the cells. */
export function stratify(cells: readonly CheckedCell[]): Stratum[] {
  const strata = new Map<string, Stratum>();
  for (const cell of cells) {
    // The length keeps an epoch apart from a version that begins with the rest of it.
    const key = `${cell.from} ${cell.epoch.length} ${cell.epoch}${cell.serviceVersion}`;
    let stratum = strata.get(key);
    if (stratum === undefined) {
      stratum = {
        epoch: cell.epoch,
        from: cell.from,
        serviceVersion: cell.serviceVersion,
        treatment: { requests: 0, errors: 0, slow: 0 },
        control: { requests: 0, errors: 0, slow: 0 },
        slowLeftOut: false,
      };
      strata.set(key, stratum);
    }
    const arm = cell.treated ? stratum.treatment : stratum.control;
    arm.requests += cell.requests;
    arm.errors += cell.errors;
    if (cell.slow === null) stratum.slowLeftOut = true;
    else arm.slow += cell.slow;
  }
  return [...strata.values()].sort(byTime);
}

/** By block, then by name in code units: `localeCompare` would sort, and so round, by the machine's locale. */
function byTime(a: Stratum, b: Stratum): number {
  return a.from - b.from || compare(a.epoch, b.epoch) || compare(a.serviceVersion, b.serviceVersion);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The strata where both variants have requests; given one arm alone every term of every e-value is 0. */
export function tablesOf(strata: readonly Stratum[], event: 'errors' | 'slow'): Table[] {
  const tables: Table[] = [];
  for (const { epoch, from, treatment, control, slowLeftOut } of strata) {
    if (treatment.requests === 0 || control.requests === 0) continue;
    if (event === 'slow' && slowLeftOut) continue;
    tables.push({
      epoch,
      from,
      treatmentRequests: treatment.requests,
      treatmentEvents: treatment[event],
      controlRequests: control.requests,
      controlEvents: control[event],
    });
  }
  return tables;
}

export function totalsOf(tables: readonly Table[]): Totals {
  const totals = { treatmentRequests: 0, treatmentEvents: 0, controlRequests: 0, controlEvents: 0 };
  for (const table of tables) {
    totals.treatmentRequests += table.treatmentRequests;
    totals.treatmentEvents += table.treatmentEvents;
    totals.controlRequests += table.controlRequests;
    totals.controlEvents += table.controlEvents;
  }
  return totals;
}

/**
 * Treatment's share of the requests in the newest epoch: the allocation that the next requests will meet. The
 * newest is the one seen last; where two end in the same block, the one that began later, which comes later in
 * sorted tables.
 */
export function currentShare(tables: readonly Table[]): number {
  const epochs = new Map<string, { last: number; treatment: number; all: number }>();
  for (const { epoch, from, treatmentRequests, controlRequests } of tables) {
    const sums = epochs.get(epoch) ?? { last: from, treatment: 0, all: 0 };
    epochs.set(epoch, sums);
    sums.last = from;
    sums.treatment += treatmentRequests;
    sums.all += treatmentRequests + controlRequests;
  }
  let newest = { last: Number.NEGATIVE_INFINITY, treatment: 0, all: 1 };
  for (const sums of epochs.values()) if (sums.last >= newest.last) newest = sums;
  return newest.treatment / newest.all;
}
