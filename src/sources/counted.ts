import type { EvidenceKind, EvidenceUse, TimelineEntry } from './source.js';

/** What sources that are asked for sums tell of operations, whatever they are asked in. */

/** What may be counted, if it is of what its service's operations are counted from. */
export interface Candidacy {
  readonly kind: EvidenceKind;
  /** Less is preferred. */
  readonly rank: number;
  readonly flag: string;
  readonly service: string;
  readonly overflow: boolean;
}

/**
 * Each service's operations with a flag are counted from the first kind that it has, and from that alone: another would
 * count the same ones again. Of what was folded together, a service's count that is so counted of any flag.
 */
export function chosen<Candidate extends Candidacy>(
  all: readonly Candidate[],
  evidence: readonly EvidenceUse[] | undefined,
): Candidate[] {
  const uses = evidence && new Set(evidence.map(({ service, kind }) => JSON.stringify([service, kind])));
  const allowed = all.filter(({ service, kind }) => uses?.has(JSON.stringify([service, kind])) ?? true);
  const flagged = allowed.filter(({ overflow }) => !overflow);
  const pair = ({ flag, service }: Candidacy): string => JSON.stringify([flag, service]);
  const first = new Map<string, number>();
  for (const one of flagged) first.set(pair(one), Math.min(one.rank, first.get(pair(one)) ?? one.rank));
  const isFirst = (one: Candidacy): boolean => first.get(pair(one)) === one.rank;
  const counted = ({ rank, service }: Candidacy): string => JSON.stringify([rank, service]);
  const used = new Set(flagged.filter(isFirst).map(counted));
  return allowed.filter((one) => (one.overflow ? used.has(counted(one)) : isFirst(one)));
}

/** What each service's operations are counted from, of what was chosen for it. Metrics of spans hide their sampling. */
export function evidenceUses(
  counted: readonly (Omit<EvidenceUse, 'samplingRate'> & { readonly overflow: boolean })[],
): EvidenceUse[] {
  const uses = new Map<string, EvidenceUse>();
  for (const { service, kind, label, overflow } of counted) {
    if (overflow) continue;
    const samplingRate = kind === 'span-metrics' ? null : 1;
    uses.set(service, { service, kind, samplingRate, ...(label === undefined ? {} : { label }) });
  }
  return [...uses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
}

/** Requests by block and variant, with when the first of them was reported. */
export function timelineOf(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const sums = new Map<string, { -readonly [Name in keyof TimelineEntry]: TimelineEntry[Name] }>();
  for (const { block, variant, firstSeen, requests } of entries) {
    if (requests === 0) continue;
    const key = JSON.stringify([block, variant]);
    const sum = sums.get(key) ?? { block, variant, firstSeen, requests: 0 };
    sums.set(key, sum);
    sum.firstSeen = Math.min(sum.firstSeen, firstSeen);
    sum.requests += requests;
  }
  return [...sums.values()].sort((a, b) => a.block - b.block || (a.variant < b.variant ? -1 : 1));
}
