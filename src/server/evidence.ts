import { isCompared } from '../sources/compared.js';
import { BLOCK_SECONDS, type Count, type Place, type TimelineEntry, type Window } from '../sources/source.js';
import { DEFAULT_PARAMETERS, type Evidence, type EvidenceCell, formatCount } from '../stats/index.js';
import type { Epochs } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';
import type { SlowThreshold } from './slow-threshold.js';
import { totalRequests } from './total-requests.js';

export interface Treatment {
  readonly flag: string;
  readonly control: string;
  readonly treatment: string;
  readonly parameters: ComparisonParameters;
  readonly window: Window;
  readonly timeline: readonly TimelineEntry[];
  readonly threshold: SlowThreshold;
  readonly counts: readonly Count[];
  readonly epochs: Epochs;
}

/** What the statistics judge: only operations that the release assigned, that ended, and whose variant is known. */
export function evidenceOf(input: Treatment): Evidence {
  const { flag, control, treatment, parameters, window, timeline, threshold, counts, epochs } = input;
  const arms = new Set([control, treatment]);
  const services = new Set(counts.filter(isCompared).map((count) => count.service));
  const began = timeline.find(
    (entry) => entry.variant === treatment && entry.block + BLOCK_SECONDS > window.from,
  )?.firstSeen;
  return {
    version: 1,
    flag,
    control,
    treatment,
    // All of them: a later release may have other defaults.
    parameters: { ...DEFAULT_PARAMETERS, ...parameters.verdict, slowThreshold: threshold.edge.edge },
    complete: unresolved(input) === 0 && !isSampledByOutcome(input),
    overflow: counts.some((count) => isFolded(count) && services.has(count.service)),
    elapsedSeconds: began === undefined ? 0 : window.to - Math.max(window.from, began),
    cells: counts
      .filter((count) => isCompared(count) && arms.has(count.variant))
      .map((count) => cell(count, threshold, epochs))
      .sort(byStratum),
  };
}

/** The same counts make the same file, whatever order a source answers in. */
function byStratum(a: EvidenceCell, b: EvidenceCell): number {
  return (
    Number(a.from) - Number(b.from) ||
    compareText(a.epoch, b.epoch) ||
    compareText(a.serviceVersion, b.serviceVersion) ||
    compareText(a.variant, b.variant)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Requests of either arm that may or may not have been slow. */
function unresolved({ control, treatment, counts }: Treatment): number {
  return counts
    .filter((count) => isCompared(count) && (count.variant === control || count.variant === treatment))
    .reduce((total, count) => total + count.unresolved, 0);
}

/** Mean weights further apart than this are not of one sampling: sampling by route alone moves them less. */
const MOST_APART = 1.25;

/**
 * Whether spans that failed stand for another number of operations than those that did not: then which spans were kept
 * depended on how they ended, and the ratio of what is seen is drawn towards 1.
 */
function isSampledByOutcome({ control, treatment, counts }: Treatment): boolean {
  const seen = { failed: 0, others: 0 };
  const stood = { failed: 0, others: 0 };
  for (const count of counts) {
    const { variant, requests, errors, standsFor } = count;
    if (!standsFor || !isCompared(count) || (variant !== control && variant !== treatment)) continue;
    seen.failed += errors;
    seen.others += requests - errors;
    stood.failed += standsFor.errors;
    stood.others += standsFor.requests - standsFor.errors;
  }
  if (seen.failed === 0 || seen.others === 0) return false;
  const apart = stood.failed / seen.failed / (stood.others / seen.others);
  return apart > MOST_APART || apart < 1 / MOST_APART;
}

/** Points that a limit folded together: of this flag, or of any flag of the service. */
function isFolded(count: Count): boolean {
  return count.overflow || count.variant === '__overflow__';
}

/**
 * Services are deployed each by itself, so a stratum is a version of one of them in one environment: `shop 1.4.2
 * production`, without what is empty at the end. Parts that would be taken for others are in quotes.
 */
export function stratumName({
  environment,
  service,
  serviceVersion,
}: Pick<Place, 'environment' | 'service' | 'serviceVersion'>): string {
  const parts = [service, serviceVersion, environment];
  const told = parts.slice(0, parts.findLastIndex((part) => part !== '') + 1);
  return told.map((part) => (/^[^\s"]+$/.test(part) ? part : JSON.stringify(part))).join(' ');
}

function cell(count: Count, threshold: SlowThreshold, epochs: Epochs): EvidenceCell {
  const calibrating = count.block < threshold.calibratedUntil;
  return {
    epoch: epochs.nameOf(count.flagVersion, count.block),
    from: count.block,
    serviceVersion: stratumName(count),
    variant: count.variant,
    requests: count.requests,
    errors: count.errors,
    slow: calibrating ? null : count.slow,
  };
}

/** What the statistics cannot know: why an arm is empty, what was left out, how slow was set. */
export function notes(input: Treatment): string[] {
  const { control, treatment, parameters, threshold, counts } = input;
  const sentences: string[] = [];
  for (const variant of [control, treatment]) {
    const own = counts.filter((count) => count.variant === variant);
    const unassigned = totalRequests(own.filter((count) => count.assignment !== 'assigned'));
    if (!own.some(isCompared) && unassigned > 0) {
      sentences.push(
        `All ${formatCount(unassigned)} operations with ${variant} had it by default or by name, not by the release's split: ` +
          'they are no sample to compare with.',
      );
    }
  }
  const mixed = totalRequests(counts.filter((count) => count.variant === '__mixed__'));
  if (mixed > 0)
    sentences.push(`${formatCount(mixed)} operations saw more than one variant and are left out.`);
  if (threshold.origin === 'not-yet') {
    sentences.push('What is slow is not fixed yet: it takes 200 requests of the control, or --slow 300ms.');
  }
  if (
    threshold.origin !== 'not-yet' &&
    counts.some(isCompared) &&
    counts.every((count) => count.block < threshold.calibratedUntil)
  ) {
    sentences.push(
      'No request came after what is slow was fixed: slow requests are judged from the next report on.',
    );
  }
  const unknown = unresolved(input);
  if (unknown > 0) {
    sentences.push(
      `${formatCount(unknown)} requests lie in buckets on both sides of the slow threshold: use Telltale's view, or bounds at 2^(k/4) s; of a collector's span metrics, exponential histograms with unit: s.`,
    );
  }
  if (isSampledByOutcome(input)) {
    sentences.push(
      'Spans that failed stand for another number of operations than those that did not: they were kept by how they ended ' +
        '(tail sampling), which draws the ratio towards 1. Nothing is called safe: send metrics, or sample at the head.',
    );
  }
  if (parameters.since?.slides === true) {
    sentences.push(
      '--since as a duration begins anew at every look: to look again and again, give a time, and --slow.',
    );
  }
  if (parameters.route !== undefined) {
    sentences.push('One route, to look closer: a route is an outcome, and never decides by itself.');
  }
  return sentences;
}
