import type { Candidacy } from './counted.js';
import type { DatadogSeries } from './datadog-client.js';
import type { TaggedEvidence } from './datadog-query.js';
import type { Count } from './source.js';

/** Operations of one group of tags, and what they are counted from. */
export type TaggedCount = Count & Candidacy;

type Building = { -readonly [Name in keyof TaggedCount]: TaggedCount[Name] };

/**
 * Groups of the first query, each with what the second counts at or below the threshold.
 *
 * @param flag The one asked for, which tags have in lower case; it is called as it was asked for.
 */
export function taggedCounts(
  evidence: TaggedEvidence,
  series: readonly DatadogSeries[],
  flag: string | undefined,
  withThreshold: boolean,
): TaggedCount[] {
  const counts = new Map<string, Building>();
  // No answer at all is that of a metric without percentiles: all as slow would look the same in both variants.
  const thresholdAnswered = series.some(({ query }) => query > 0);
  for (const { query, tags, points } of [...series].sort((a, b) => a.query - b.query)) {
    const place = placeOf(evidence, tags, flag);
    if (place === undefined) continue;
    const failed = hasFailed(evidence, tags);
    for (const [block, value] of points) {
      const stratum = { block, ...place };
      const key = JSON.stringify(Object.values(stratum));
      const count = counts.get(key) ?? { ...stratum, requests: 0, errors: 0, slow: 0, unresolved: 0 };
      counts.set(key, count);
      const requests = Math.round(value);
      if (query > 0) {
        count.slow -= requests;
        continue;
      }
      count.requests += requests;
      if (failed) count.errors += requests;
      if (withThreshold && thresholdAnswered) count.slow += requests;
      if (withThreshold && !thresholdAnswered) count.unresolved += requests;
    }
  }
  return [...counts]
    .filter(([, { requests }]) => requests > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => ({ ...count, slow: Math.min(count.requests, Math.max(0, count.slow)) }));
}

/** What tags tell of their operations, undefined where they are of no flag. */
function placeOf(
  { kind, rank, tags: names }: TaggedEvidence,
  tags: DatadogSeries['tags'],
  flag: string | undefined,
): Omit<TaggedCount, 'block' | 'requests' | 'errors' | 'slow' | 'unresolved'> | undefined {
  const tag = (name: keyof typeof names): string => tags[names[name] ?? ''] ?? '';
  const overflow = tag('overflow') === 'true';
  // A flag in a tag's name is the one asked for; operations that did not evaluate it have no such tag.
  const isTagged = names.flag === undefined ? tag('variant') !== '' : tag('flag') !== '';
  if (!isTagged && !overflow) return undefined;
  return {
    kind,
    rank,
    flag: isTagged ? (flag ?? tag('flag')) : '',
    service: tag('service'),
    serviceVersion: tag('serviceVersion'),
    environment: tag('environment'),
    flagVersion: tag('flagVersion'),
    variant: tag('variant'),
    assignment: names.assignment === undefined ? 'assigned' : tag('assignment'),
    outcome: tag('outcome'),
    overflow,
  };
}

function hasFailed({ tags: names }: TaggedEvidence, tags: DatadogSeries['tags']): boolean {
  return (tags[names.errorType ?? ''] ?? '') !== '' || Number(tags[names.status ?? '']) >= 500;
}
