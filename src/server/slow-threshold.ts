import type { Selection, Source, Window } from '../sources/source.js';
import { type Histogram, quantileFromHistogram, snapThreshold, type ThresholdEdge } from '../stats/index.js';
import type { ComparisonParameters } from './parameters.js';
import { totalRequests } from './total-requests.js';

/** Control requests that fix the threshold where none is configured. */
const CALIBRATION_REQUESTS = 200;
const DAY_SECONDS = 86_400;

/** What "slow" means in one comparison, and where that comes from. */
export interface SlowThreshold {
  readonly edge: ThresholdEdge;
  /** `not-yet`: the edge is provisional, and every report is left out of the slow guardrail, which stays unproven. */
  readonly origin: 'configured' | 'control-day-before' | 'control-first-requests' | 'not-yet';
  /** Reports up to this moment fixed the threshold and are left out of the slow guardrail; 0: none. */
  readonly calibratedUntil: number;
}

/**
 * The threshold, fixed before what it judges: as configured; else the control's p95 over the day before the
 * comparison; else the p95 of its first 200 requests. From the same start and data it is the same at every
 * look: a threshold that moved with the data would raise the false alarms from 5 % to 6 %.
 */
export async function slowThreshold(
  source: Source,
  selection: Selection,
  control: string,
  window: Window,
  asked: ComparisonParameters['slow'],
): Promise<SlowThreshold> {
  if (asked !== undefined) return { edge: asked.edge, origin: 'configured', calibratedUntil: 0 };

  const dayBefore = { from: window.from - DAY_SECONDS, to: window.from };
  const before = await source.reports(selection, control, dayBefore, CALIBRATION_REQUESTS);
  if (totalRequests(before) >= CALIBRATION_REQUESTS) {
    const edge = await controlP95(source, selection, control, dayBefore);
    if (edge !== undefined) return { edge, origin: 'control-day-before', calibratedUntil: 0 };
  }

  const reports = await source.reports(selection, control, window, CALIBRATION_REQUESTS);
  let seen = 0;
  for (const { time, requests } of reports) {
    seen += requests;
    if (seen < CALIBRATION_REQUESTS) continue;
    const edge = await controlP95(source, selection, control, { from: window.from, to: time });
    if (edge !== undefined) return { edge, origin: 'control-first-requests', calibratedUntil: time };
    break;
  }
  // Without any edge the guardrail would be gone, and the errors alone could call the release safe.
  const provisional = await controlP95(source, selection, control, window);
  return { edge: provisional ?? snapThreshold(1), origin: 'not-yet', calibratedUntil: window.to };
}

async function controlP95(
  source: Source,
  selection: Selection,
  control: string,
  window: Window,
): Promise<ThresholdEdge | undefined> {
  const latencies = await source.latencies(selection, window);
  const histogram = latencies.find((latency) => latency.variant === control)?.histogram;
  const p95 = histogram && quantileFromHistogram(histogram, 0.95);
  return p95 && p95.value > 0 ? edgeOf(histogram, p95.value) : undefined;
}

/**
 * The last edge up to `seconds`. Of buckets with bounds of their own, of those edges that are bounds: one within a
 * bucket would tell of nothing in it whether it was slow. Where none is so low, the lowest that there is.
 */
function edgeOf(histogram: Histogram, seconds: number): ThresholdEdge {
  const snapped = snapThreshold(seconds);
  if (!('bounds' in histogram)) return snapped;
  const edges = histogram.bounds
    .filter((bound) => bound > 0)
    .map((bound) => ({ bound, ...snapThreshold(bound) }))
    .filter(({ bound, edge }) => Math.abs(bound / edge - 1) < 1e-9);
  const { index, edge } = edges.findLast((own) => own.index <= snapped.index) ?? edges[0] ?? snapped;
  return { index, edge };
}
