import { logHarm } from '../../../src/stats/e-values.js';
import {
  type EvidenceCell,
  type Histogram,
  judge,
  mergeHistograms,
  quantileFromHistogram,
  snapThreshold,
} from '../../../src/stats/index.js';
import { stratify, tablesOf } from '../../../src/stats/tables.js';
import type { Look, Rule, Verdict } from './look.js';
import { CONFIGURED_BUCKET } from './slow-traffic.js';

/** Control requests that a threshold is taken from. */
const CALIBRATION = 200;

/**
 * No slow-down at all is the null, so that a harmless flag lies on its border; two guardrails share the chance of an
 * error, and errors never occur: what is found is found by the slow one, at a half of this.
 */
const PARAMETERS = { harmSlow: 1, alphaHarm: 0.1 } as const;
const TARGET = Math.log(20);

/** As it is: the p95 of the first 200 control requests, frozen, and the blocks that it is from left out. */
export const FROZEN: Rule = {
  name: 'telltale, threshold frozen',
  begin: () => {
    let frozen: { readonly threshold: number; readonly until: number } | null = null;
    return (look) => {
      if (frozen === null) {
        if (controlRequests(look) < CALIBRATION) return 'hold';
        frozen = { threshold: p95(look), until: look.blocks.length };
      }
      const { threshold, until } = frozen;
      const cells = look.evidence.cells.map((cell) =>
        Number(cell.from) < until ? { ...withoutDurations(cell), slow: null } : cell,
      );
      return slowVerdict(look, cells, threshold);
    };
  },
};

/** Fixed before the release. */
export const CONFIGURED: Rule = {
  name: 'telltale, threshold configured',
  begin: () => (look) => slowVerdict(look, look.evidence.cells, 2 ** (CONFIGURED_BUCKET / 4)),
};

/** What must not be done: the p95 of all control requests so far, at every look. */
export const RECOMPUTED: Rule = {
  name: 'threshold recomputed at each look',
  begin: () => (look) => slowVerdict(look, look.evidence.cells, p95(look)),
};

/** What must not be done: at every look the edge, of sixteen about the p95, that looks worst. */
export const WORST_PICKED: Rule = {
  name: 'worst of sixteen edges picked',
  begin: () => (look) => {
    for (let bucket = CONFIGURED_BUCKET - 8; bucket < CONFIGURED_BUCKET + 8; bucket++) {
      if (logHarm(tablesAbove(look, bucket), 0) >= TARGET) return 'roll-back';
    }
    return 'hold';
  },
};

function slowVerdict({ evidence }: Look, cells: readonly EvidenceCell[], slowThreshold: number): Verdict {
  return judge({ ...evidence, cells, parameters: { ...PARAMETERS, slowThreshold } }).verdict;
}

function controlRequests({ blocks }: Look): number {
  return blocks.reduce((sum, { control }) => sum + control.requests, 0);
}

function p95({ evidence }: Look): number {
  const own = evidence.cells.flatMap(({ variant, histogram }): Histogram[] =>
    variant === 'off' && histogram !== undefined ? [histogram] : [],
  );
  const merged = own.reduce((one, other) => mergeHistograms(one, other));
  return snapThreshold(quantileFromHistogram(merged, 0.95)?.value ?? 1).edge;
}

function withoutDurations({ histogram: _, ...cell }: EvidenceCell): EvidenceCell {
  return cell;
}

function tablesAbove({ evidence }: Look, bucket: number): ReturnType<typeof tablesOf> {
  const cells = evidence.cells.map(({ variant, requests, histogram, from }) => {
    const counts = Object.entries(histogram !== undefined && 'scale' in histogram ? histogram.buckets : {});
    const slow = counts.reduce((sum, [index, count]) => sum + (Number(index) >= bucket ? count : 0), 0);
    return {
      ...{ epoch: '1', from: Number(from), serviceVersion: '1', treated: variant === 'on' },
      ...{ requests, errors: 0, slow },
    };
  });
  return tablesOf(stratify(cells), 'slow');
}
