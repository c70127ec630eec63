import { isVariant } from '../sources/compared.js';
import type { Count, FirstExposed, RecordedOperations } from '../sources/source.js';
import { areOtherNames, OTHER_NAMES } from './change-shares.js';
import type { Epochs } from './epochs.js';
import type { Sample, TestedEpoch, UntestedTime } from './sample-result.js';
import type { Stretch } from './stretches.js';

/**
 * Operations that may be without a record: reports of metrics and records do not end at the same moment. Whoever makes
 * few operations is missed then more easily, and how many one makes is an outcome; of one in twenty that is nothing.
 */
const MISSING_LIMIT = 0.05;

/**
 * Which operations have no record, so that first evaluations are not known; null: all have one.
 *
 * @param counts of all operations in the comparison
 */
export function missingRecords(
  counts: readonly Count[],
  recorded: readonly RecordedOperations[],
): string | null {
  const key = (service: string, variant: string): string => JSON.stringify([service, variant]);
  // Some requests are of nobody; a service all of whose requests are has no salt, and exposes units that nobody sees.
  const withIds = new Set(recorded.filter(({ identified }) => identified > 0).map(({ service }) => service));
  const known = new Map(
    recorded
      .filter(({ service }) => withIds.has(service))
      .map((entry) => [key(entry.service, entry.variant), entry.operations]),
  );
  const operations = new Map<string, Map<string, number>>();
  for (const { service, variant, assignment, overflow, requests } of counts) {
    if (assignment !== 'assigned' || overflow || !isVariant(variant)) continue;
    const services = operations.get(variant) ?? new Map<string, number>();
    operations.set(variant, services.set(service, (services.get(service) ?? 0) + requests));
  }
  for (const [variant, services] of operations) {
    let all = 0;
    let missing = 0;
    for (const [service, requests] of services) {
      all += requests;
      missing += Math.max(0, requests - (known.get(key(service, variant)) ?? 0));
    }
    if (missing > MISSING_LIMIT * all) {
      const without = [...services.keys()].filter((service) => !withIds.has(service)).sort();
      const how = without.length > 0 ? `, or no unit has an id (${without.join(', ')})` : '';
      return `${Math.round((100 * missing) / all)} % of the requests with ${variant} have no record of their evaluation${how}`;
    }
  }
  return null;
}

/**
 * Units at the first of all their evaluations in the comparison, whatever the process and the day: nobody is counted
 * twice, and that somebody comes does not depend on a variant that was never met before.
 */
export function sampleOfIds(
  units: readonly FirstExposed[],
  stretches: readonly Stretch[],
  epochs: Epochs,
): Sample & { kind: 'counted' } {
  const tested: TestedEpoch[] = [];
  const untested: UntestedTime[] = [];
  for (const { index, from, to, shares, isTold } of stretches) {
    const seen = units.filter(({ stretch, variant }) => stretch === index && isVariant(variant));
    const exposed: Record<string, number> = {};
    for (const { variant, units: n } of seen) exposed[variant] = (exposed[variant] ?? 0) + n;
    const versions = new Set(seen.map(({ flagVersion }) => flagVersion));
    const [version = ''] = versions;
    const epoch = epochs.nameOf(version, from);
    const why =
      shares === undefined
        ? 'nobody told the shares'
        : versions.size > 1
          ? 'the version of the flag, and with it the allocation, changed'
          : isTold && areOtherNames(Object.keys(shares), Object.keys(exposed))
            ? OTHER_NAMES
            : tested.some((other) => other.epoch === epoch)
              ? 'there are too many changes'
              : null;
    if (shares === undefined || why !== null) untested.push({ from, to, why: why ?? '' });
    else if (seen.length > 0) tested.push({ epoch, from, to, allocation: shares, exposed });
  }
  return { kind: 'counted', by: 'unit-ids', tested, untested };
}
