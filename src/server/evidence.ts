import { BLOCK_SECONDS, type Count, type TimelineEntry, type Window } from '../sources/source.js';
import type { Evidence, EvidenceCell } from '../stats/index.js';
import type { ComparisonParameters } from './parameters.js';
import type { SlowThreshold } from './slow-threshold.js';

const SPECIAL_VARIANTS = new Set(['', '__mixed__', '__overflow__']);

/** Whether a variant is one of the flag's own, and not our word for none, several or too many. */
export function isVariant(name: string): boolean {
  return !SPECIAL_VARIANTS.has(name);
}

/** Whether operations are compared: assigned by the release, seen to their end, with one known variant. */
export function isCompared(count: Count): boolean {
  return (
    count.assignment === 'assigned' && count.outcome === '' && !count.overflow && isVariant(count.variant)
  );
}

export function totalRequests(counts: readonly { requests: number }[]): number {
  return counts.reduce((total, count) => total + count.requests, 0);
}

export interface Treatment {
  readonly flag: string;
  readonly control: string;
  readonly treatment: string;
  readonly parameters: ComparisonParameters;
  readonly window: Window;
  readonly timeline: readonly TimelineEntry[];
  readonly threshold: SlowThreshold | undefined;
  readonly counts: readonly Count[];
}

/** What the statistics judge: only operations that the release assigned, that ended, and whose variant is known. */
export function evidenceOf(input: Treatment): Evidence {
  const { flag, control, treatment, parameters, window, timeline, threshold, counts } = input;
  const arms = new Set([control, treatment]);
  const began = timeline.find(
    (entry) => entry.variant === treatment && entry.block + BLOCK_SECONDS > window.from,
  )?.firstSeen;
  return {
    version: 1,
    flag,
    control,
    treatment,
    parameters: { ...parameters.verdict, slowThreshold: threshold?.edge.edge ?? null },
    complete: counts.every((count) => !arms.has(count.variant) || count.unresolved === 0),
    overflow: counts.some((count) => count.overflow || count.variant === '__overflow__'),
    elapsedSeconds: began === undefined ? 0 : window.to - Math.max(window.from, began),
    cells: counts
      .filter((count) => isCompared(count) && arms.has(count.variant))
      .map((count) => cell(count, threshold)),
  };
}

function cell(count: Count, threshold: SlowThreshold | undefined): EvidenceCell {
  const calibrating = threshold !== undefined && count.block < threshold.calibratedUntil;
  return {
    epoch: count.flagVersion,
    from: count.block,
    // Services are deployed each by itself, so a stratum is a version of one of them.
    serviceVersion: `${count.service} ${count.serviceVersion}`.trim(),
    variant: count.variant,
    requests: count.requests,
    errors: count.errors,
    ...(threshold === undefined ? {} : { slow: calibrating ? null : count.slow }),
  };
}

/** What the statistics cannot know: why an arm is empty, what was left out, how slow was set. */
export function notes(
  control: string,
  treatment: string,
  threshold: SlowThreshold | undefined,
  counts: readonly Count[],
): string[] {
  const sentences: string[] = [];
  for (const variant of [control, treatment]) {
    const own = counts.filter((count) => count.variant === variant);
    const unassigned = totalRequests(own.filter((count) => count.assignment !== 'assigned'));
    if (!own.some(isCompared) && unassigned > 0) {
      sentences.push(
        `All ${unassigned} operations with ${variant} had it by default or by name, not by the release's split: ` +
          'they are no sample to compare with.',
      );
    }
  }
  const mixed = totalRequests(counts.filter((count) => count.variant === '__mixed__'));
  if (mixed > 0) sentences.push(`${mixed} operations saw more than one variant and are left out.`);
  if (threshold?.origin === 'not-yet') {
    sentences.push('What is slow is not fixed yet: it takes 200 requests of the control, or --slow 300ms.');
  }
  const unresolved = counts.reduce((total, count) => total + count.unresolved, 0);
  if (unresolved > 0) {
    sentences.push(
      `${unresolved} requests lie in buckets on both sides of the slow threshold: use Telltale's view, or bounds at 2^(k/4) s.`,
    );
  }
  return sentences;
}
