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

/** What makes a stratum: an epoch, a block and a service version. */
export interface Place {
  readonly epoch: string;
  readonly from: number;
  readonly serviceVersion: string;
}

/** One epoch, block and service version, routes summed. */
export interface Stratum extends Place {
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
  const emptyArm = (): Arm => ({ requests: 0, errors: 0, slow: 0 });
  return groupByPlace(
    cells,
    (place): Stratum => ({ ...place, treatment: emptyArm(), control: emptyArm(), slowLeftOut: false }),
    (stratum, { treated, requests, errors, slow }) => {
      const arm = treated ? stratum.treatment : stratum.control;
      arm.requests += requests;
      arm.errors += errors;
      if (slow === null) stratum.slowLeftOut = true;
      else arm.slow += slow;
    },
  );
}

/** One group for each epoch, block and service version, sorted by block. */
export function groupByPlace<Cell extends Place, Group extends Place>(
  cells: readonly Cell[],
  create: (place: Place) => Group,
  add: (group: Group, cell: Cell) => void,
): Group[] {
  const groups = new Map<string, Group>();
  for (const cell of cells) {
    const { epoch, from, serviceVersion } = cell;
    const key = placeId(cell);
    let group = groups.get(key);
    if (group === undefined) {
      group = create({ epoch, from, serviceVersion });
      groups.set(key, group);
    }
    add(group, cell);
  }
  return [...groups.values()].sort(byTime);
}

/** The same for the same place, and only then. */
export function placeId({ epoch, from, serviceVersion }: Place): string {
  // The length keeps an epoch apart from a version that begins with the rest of it.
  return `${from} ${epoch.length} ${epoch}${serviceVersion}`;
}

/** By block, then by name in code units: `localeCompare` would sort, and so round, by the machine's locale. */
function byTime(a: Place, b: Place): number {
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
