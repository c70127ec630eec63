import type { EvidenceUse, TimelineEntry } from './source.js';

/** What sources that are asked for sums tell of operations, whatever they are asked in. */

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
