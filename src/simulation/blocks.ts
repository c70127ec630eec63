import type { Evidence, EvidenceCell, UnitCell, VerdictParameters } from '../stats/index.js';
import type { Table } from '../stats/tables.js';
import { type Counts, type Drawn, total } from './traffic.js';
import { UNIT_BUCKETS } from './unit-traffic.js';

type Counted<T> = Omit<T, 'requests' | 'errors'> & { requests: number; errors: number };

/** One block of one epoch as it grows. */
interface Block {
  readonly cells: readonly [treatment: Counted<EvidenceCell>, control: Counted<EvidenceCell>];
  /** Empty where there are no units. */
  readonly treatmentUnits: readonly Counted<UnitCell>[];
  readonly controlUnits: readonly Counted<UnitCell>[];
}

/** The evidence of a run, as the backend would make it from the same traffic. */
export interface Blocks {
  /** A new block begins. */
  open(epoch: string, from: number, withUnits: boolean): void;
  add(drawn: Drawn): void;
  /** The newest block; where there are units, sixteen times, without each of their buckets. */
  tables(): readonly Table[];
  /** Operations counted by unit. */
  readonly counted: number;
  evidence(parameters: VerdictParameters, seconds: number, distinctUnits: number | null): Evidence;
}

export function createBlocks(): Blocks {
  const cells: EvidenceCell[] = [];
  const unitCells: UnitCell[] = [];
  let counted = 0;
  let newest: Block = createBlock('', 0, false);
  return {
    open(epoch, from, withUnits) {
      newest = createBlock(epoch, from, withUnits);
      cells.push(...newest.cells);
      unitCells.push(...newest.treatmentUnits, ...newest.controlUnits);
    },
    add({ treatment, control, buckets }) {
      const [treated, untreated] = newest.cells;
      grow(treated, treatment);
      grow(untreated, control);
      if (buckets === undefined) return;
      for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) {
        grow(newest.treatmentUnits[bucket], buckets.treatment[bucket]);
        grow(newest.controlUnits[bucket], buckets.control[bucket]);
      }
      counted += total(buckets.treatment).requests + total(buckets.control).requests;
    },
    tables() {
      const { cells: arms, treatmentUnits, controlUnits } = newest;
      if (treatmentUnits.length === 0) return [tableOf(arms[0], arms[1])];
      const treated = total(treatmentUnits);
      const untreated = total(controlUnits);
      return treatmentUnits.map((cell, i) =>
        tableOf(less(treated, cell), less(untreated, controlUnits[i] ?? NONE)),
      );
    },
    get counted() {
      return counted;
    },
    evidence: (parameters, elapsedSeconds, distinctUnits) => ({
      version: 1,
      flag: 'simulated',
      control: 'off',
      treatment: 'on',
      parameters,
      elapsedSeconds,
      cells,
      ...(distinctUnits === null ? {} : { unitCells, distinctUnits: distinctUnits || null }),
    }),
  };
}

function createBlock(epoch: string, from: number, withUnits: boolean): Block {
  const cell = (variant: string): Counted<EvidenceCell> => ({
    ...{ epoch, from, serviceVersion: '', variant },
    ...{ requests: 0, errors: 0 },
  });
  const units = (variant: string): Counted<UnitCell>[] =>
    Array.from({ length: withUnits ? UNIT_BUCKETS : 0 }, (_, bucket) => ({ ...cell(variant), bucket }));
  return { cells: [cell('on'), cell('off')], treatmentUnits: units('on'), controlUnits: units('off') };
}

function grow(cell: { requests: number; errors: number } | undefined, count: Counts | undefined): void {
  if (cell === undefined || count === undefined) return;
  cell.requests += count.requests;
  cell.errors += count.errors;
}

function tableOf(treatment: Counts, control: Counts): Table {
  return {
    epoch: '',
    from: 0,
    treatmentRequests: treatment.requests,
    treatmentEvents: treatment.errors,
    controlRequests: control.requests,
    controlEvents: control.errors,
  };
}

const NONE: Counts = { requests: 0, errors: 0 };

function less(all: Counts, { requests, errors }: Counts): Counts {
  return { requests: all.requests - requests, errors: all.errors - errors };
}
