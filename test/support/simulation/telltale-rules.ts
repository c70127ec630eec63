import { ratioGains } from '../../../src/stats/e-values.js';
import { type EvidenceCell, judge } from '../../../src/stats/index.js';
import { logMeanExp } from '../../../src/stats/log-space.js';
import type { Table } from '../../../src/stats/tables.js';
import { cellsOf, evidenceOf, type Look, type Rule } from './look.js';

/** The verdict as it is. */
export const TELLTALE: Rule = {
  name: 'telltale',
  begin:
    () =>
    ({ evidence }) =>
      judge(evidence).verdict,
};

/** The same on all requests in one stratum: what strata are for. */
export const POOLED: Rule = {
  name: 'telltale, strata pooled',
  begin: () => (look) => judge(evidenceOf(pooled(look))).verdict,
};

/** The same without units: what units are for. */
export const BY_REQUESTS: Rule = {
  name: 'telltale, units taken for requests',
  begin:
    () =>
    ({ evidence: { unitCells: _, ...evidence } }) =>
      judge(evidence).verdict,
};

/** The same on all requests of the flag, whatever they got of another: what `strataByFlags` is for. */
export const ONE_FLAG_ALONE: Rule = {
  name: 'telltale, the other flag ignored',
  begin: () => (look) => judge(evidenceOf(cellsOf(look.blocks))).verdict,
};

/** The same with the release before this one: what the beginning of a comparison is for. */
export const HISTORY_KEPT: Rule = {
  name: 'telltale, the last release kept',
  begin: () => (look) => judge(evidenceOf(cellsOf([...(look.before ?? []), ...look.blocks]))).verdict,
};

/** The e-value over the whole history alone, without the late half: what restarts are for. */
export const WHOLE_HISTORY: Rule = {
  name: 'telltale, whole history alone',
  begin: () => (look) =>
    logMeanExp(ratioGains(look.blocks.map(tableOf), 0, 'above')) >= Math.log(20) ? 'roll-back' : 'hold',
};

function pooled({ evidence }: Look): EvidenceCell[] {
  const sum = (variant: string): EvidenceCell => {
    const own = evidence.cells.filter((cell) => cell.variant === variant);
    return {
      epoch: '1',
      from: 0,
      serviceVersion: '1',
      variant,
      requests: own.reduce((total, { requests }) => total + requests, 0),
      errors: own.reduce((total, { errors }) => total + errors, 0),
    };
  };
  return [sum('on'), sum('off')];
}

function tableOf({ epoch, from, treatment, control }: Look['blocks'][number]): Table {
  return {
    epoch,
    from,
    treatmentRequests: treatment.requests,
    treatmentEvents: treatment.events,
    controlRequests: control.requests,
    controlEvents: control.events,
  };
}
