import { isCompared, isVariant } from '../sources/compared.js';
import type {
  Count,
  Cut,
  FailingCount,
  Place,
  Selection,
  UnitCount,
  UnitSource,
  VariantUnits,
  Window,
} from '../sources/source.js';
import { type Evidence, formatCount } from '../stats/index.js';
import type { Epochs } from './epochs.js';
import { stratumName, type Treatment } from './evidence.js';
import { totalRequests } from './total-requests.js';
import { brokenPlaces, placeName } from './units-broken.js';

/** Sums of one bucket with the epoch that the requests beside them tell. */
interface PlacedUnits extends UnitCount {
  readonly epoch: string;
}

/** What is known of the units behind a flag's operations. */
export interface SeenUnits extends PlacedCells {
  readonly distinct: readonly VariantUnits[];
  readonly failing: readonly FailingCount[];
}

interface PlacedCells {
  readonly cells: readonly PlacedUnits[];
  /** Blocks of which sums are left out. */
  readonly leftOut: readonly number[];
  /** Blocks of a service in which units outnumber the requests that they are counted among. */
  readonly broken: number;
  /** Services of which a limit folded counters together. */
  readonly folded: ReadonlySet<string>;
}

/** Evidence, and what there is to say about it. */
export interface Noted {
  readonly evidence: Evidence;
  readonly notes: readonly string[];
}

/** The units behind a flag's operations; null where none are counted, or a route is asked for, which they do not tell. */
export async function readUnits(
  source: UnitSource,
  selection: Selection,
  window: Window,
  cut: Cut,
  counts: readonly Count[],
  epochs: Epochs,
): Promise<SeenUnits | null> {
  if (selection.route !== undefined) return null;
  const placed = placeUnits(await source.unitCounts(selection, window, cut), counts, epochs);
  if (placed === null) return null;
  return {
    ...placed,
    distinct: await source.distinctUnits(selection, window, cut, placed.leftOut),
    failing: await source.failingUnits(selection, window, cut),
  };
}

/** Sums of units beside the requests that they are counted among; null where there are none. */
export function placeUnits(
  counted: readonly UnitCount[],
  counts: readonly Count[],
  epochs: Epochs,
): PlacedCells | null {
  const own = counted.filter(({ overflow, variant }) => !overflow && isVariant(variant));
  if (own.length === 0) return null;
  const versions = versionsOf(counts);
  const broken = brokenPlaces(own, counts);
  const cells: PlacedUnits[] = [];
  const leftOut = new Set<number>();
  for (const count of own) {
    const version = versions.get(placeName(count)) ?? null;
    if (version === null || broken.has(placeName(count))) leftOut.add(count.block);
    else cells.push({ ...count, epoch: epochs.nameOf(version, count.block) });
  }
  return {
    cells,
    leftOut: [...leftOut],
    broken: broken.size,
    folded: new Set(counted.filter(({ overflow }) => overflow).map(({ service }) => service)),
  };
}

/**
 * The version of the flag in each block of a service: unit counters have none of their own. null where it changed, so
 * that shares may have changed with it: which of the units were counted before and which after is not known.
 */
function versionsOf(counts: readonly Count[]): Map<string, string | null> {
  const versions = new Map<string, string | null>();
  for (const count of counts.filter(isCompared)) {
    const place = placeName(count);
    const known = versions.get(place);
    versions.set(place, known === undefined || known === count.flagVersion ? count.flagVersion : null);
  }
  return versions;
}

/**
 * Adds the units to the evidence. By units or by requests is for all services together: failures of one that counts
 * no units, be it a job without targeting keys, would else be failures that nobody sees.
 */
export function withUnits(evidence: Evidence, input: Treatment, units: SeenUnits | null): Noted {
  if (units === null) return { evidence, notes: [] };
  const { control, treatment, counts, threshold } = input;
  const arms = new Set([control, treatment]);
  const requests = counts.filter((count) => isCompared(count) && arms.has(count.variant));
  const cells = units.cells.filter(({ variant }) => arms.has(variant));
  const paired = pairedStrata(requests);
  const counted = pairedStrata(cells);
  const uncounted = [...paired].filter((name) => !counted.has(name));
  if (uncounted.length > 0) {
    const where = uncounted.sort().join(', ') || 'a service without a name';
    return {
      evidence,
      notes: [`No units of both variants are counted in ${where}: give evaluations there a targeting key.`],
    };
  }
  if (cells.length === 0) return { evidence, notes: [] };
  const slowKnown = cells.map(({ slow, block }) => (block < threshold.calibratedUntil ? null : slow));
  const useSlow = paired.size > 0 && [...paired].every((name) => tellsSlow(name, cells, slowKnown));
  const distinct = units.distinct
    .filter(({ variant }) => arms.has(variant))
    .reduce((sum, entry) => sum + entry.units, 0);
  const failing = failingOf(units, cells, input);
  const services = new Set(requests.map(({ service }) => service));
  return {
    evidence: {
      ...evidence,
      complete: evidence.complete !== false && units.broken === 0,
      overflow: evidence.overflow === true || [...services].some((service) => units.folded.has(service)),
      unitCells: cells.map((cell, index) => ({
        epoch: cell.epoch,
        from: cell.block,
        serviceVersion: stratumName(cell),
        variant: cell.variant,
        bucket: cell.bucket,
        requests: cell.operations,
        errors: cell.errors,
        slow: useSlow ? (slowKnown[index] ?? null) : null,
      })),
      ...(distinct > 0 ? { distinctUnits: distinct } : {}),
      ...(failing.length > 0 ? { failingUnits: failing } : {}),
    },
    notes: notesOf(units, cells, requests, useSlow, input),
  };
}

/** Versions of services in which both variants have something. */
function pairedStrata(places: readonly Place[]): Set<string> {
  const variants = new Map<string, Set<string>>();
  for (const place of places) {
    const name = stratumName(place);
    const seen = variants.get(name) ?? new Set();
    variants.set(name, seen.add(place.variant));
  }
  return new Set([...variants].filter(([, seen]) => seen.size === 2).map(([name]) => name));
}

/** Whether there is a block of this version of a service in which every sum tells how many were slow. */
function tellsSlow(
  name: string,
  cells: readonly PlacedUnits[],
  slowKnown: readonly (number | null)[],
): boolean {
  const blocks = new Map<number, boolean>();
  cells.forEach((cell, index) => {
    if (stratumName(cell) !== name) return;
    blocks.set(cell.block, (blocks.get(cell.block) ?? true) && slowKnown[index] !== null);
  });
  return [...blocks.values()].includes(true);
}

/**
 * Units that failed, where it is sure that the release assigned them: the record of a failure tells the variant, not
 * the assignment, so a service in which a tester failed is left out.
 */
function failingOf(
  { failing }: SeenUnits,
  cells: readonly PlacedUnits[],
  { control, treatment, counts }: Treatment,
): NonNullable<Evidence['failingUnits']>[number][] {
  const epochs = new Map(cells.map((cell) => [`${cell.variant} ${placeName(cell)}`, cell.epoch]));
  const doubtful = new Set(
    counts
      .filter(({ variant, assignment, errors }) => assignment !== 'assigned' && errors > 0 && variant !== '')
      .filter(({ variant }) => variant === control || variant === treatment)
      .map(stratumName),
  );
  const placed = failing.flatMap((count) => {
    const epoch = epochs.get(`${count.variant} ${placeName(count)}`);
    if (epoch === undefined || doubtful.has(stratumName(count))) return [];
    const { block: from, variant, units } = count;
    return [{ epoch, from, serviceVersion: stratumName(count), variant, units }];
  });
  // Records come at once and counts with the next report: until then there may be more units than failures.
  const isEarly = [control, treatment].some((variant) => {
    const own = counts.filter((count) => isCompared(count) && count.variant === variant);
    const errors = own.reduce((sum, count) => sum + count.errors, 0);
    return placed.reduce((sum, entry) => sum + (entry.variant === variant ? entry.units : 0), 0) > errors;
  });
  return isEarly ? [] : placed;
}

function notesOf(
  { broken }: SeenUnits,
  cells: readonly PlacedUnits[],
  requests: readonly Count[],
  useSlow: boolean,
  { threshold }: Treatment,
): string[] {
  const operations = cells.reduce((sum, cell) => sum + cell.operations, 0);
  const sentences = [
    `${formatCount(operations)} of ${formatCount(totalRequests(requests))} requests count for their units: at most 3 an ` +
      'hour of each, none without a targeting key, none in blocks in which the version of the flag changed.',
  ];
  if (!useSlow && threshold.origin !== 'not-yet') {
    const milliseconds = Math.ceil(threshold.edge.edge * 1000);
    sentences.push(
      `To judge slow requests by units too, set TELLTALE_SLOW_THRESHOLD_MS=${milliseconds} in every service and compare with --slow ${milliseconds}ms.`,
    );
  }
  if (broken > 0) {
    sentences.push(
      `Blocks in which units outnumber requests (${formatCount(broken)}) are left out: a part of what was reported is lost.`,
    );
  }
  return sentences;
}
