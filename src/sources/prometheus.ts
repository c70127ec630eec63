import { isCompared } from './compared.js';
import { evidenceUses, timelineOf } from './counted.js';
import { flagTraffic } from './flag-traffic.js';
import { groupCounts } from './groups.js';
import type { HttpSource } from './http-json.js';
import { blockOf, blockStart } from './prometheus-blocks.js';
import { createPrometheusClient, type PrometheusClient } from './prometheus-client.js';
import { type DurationStep, readDurations } from './prometheus-durations.js';
import { readLatencies } from './prometheus-latencies.js';
import { type Moments, momentsOf } from './prometheus-readings.js';
import { createPrometheusUnits } from './prometheus-units.js';
import {
  BLOCK_SECONDS,
  type Count,
  type Cut,
  type Report,
  type Selection,
  type Source,
  type Window,
} from './source.js';

/** Intervals in which the overview of all flags is read: it is asked for a week, and an hour is fine enough. */
const OVERVIEW_INTERVALS = 168;

/** Answers from any store with Prometheus' HTTP API that holds what an OTLP receiver wrote. */
export function createPrometheusSource(http: HttpSource): Source {
  const client = createPrometheusClient(http);
  return {
    ...createPrometheusUnits(client),

    cannot: [
      `${http.name} keeps no log records: failures are not counted by distinct unit.`,
      `${http.name} keeps no start of a process: what the very first process had counted when it was first seen is left out, ` +
        'as is what one counted while it was silent for more than an hour before the comparison; after a week it is taken for new. ' +
        'A count that falls is taken for a restart, even where a clock was set back.',
      'Changes of the flag are known by feature_flag.version alone.',
    ],

    // Where it is read oftener, more restarts are seen, and counts would be others.
    stepSeconds: BLOCK_SECONDS,

    evidence: async (selection, window) =>
      evidenceUses(await readDurations(client, selection, momentsOf(window, []))),

    async flags(window, filter) {
      const spacing =
        BLOCK_SECONDS *
        Math.max(1, Math.ceil((window.to - window.from) / BLOCK_SECONDS / OVERVIEW_INTERVALS));
      const steps = await readDurations(client, filter, momentsOf(window, [], spacing));
      const rows = steps
        .filter(({ flag }) => flag !== '')
        .map((step) => ({
          flag: step.flag,
          last_seen: step.time,
          services: [step.service],
          environments: [step.environment],
          variant: step.variant,
          assignment: step.assignment,
          operations: step.requests,
        }));
      return flagTraffic(rows);
    },

    async timeline(selection, window) {
      const moments = momentsOf(window, []);
      const steps = await compared(client, selection, moments);
      return timelineOf(
        steps.map(({ interval, time, variant, requests }) => ({
          block: blockStart(moments, interval),
          variant,
          firstSeen: time,
          requests,
        })),
      );
    },

    async reports(selection, variant, window, enough) {
      const coarse = reportsOf(await compared(client, selection, momentsOf(window, [])), variant);
      let seen = 0;
      const last = coarse.findIndex(({ requests }) => {
        seen += requests;
        return seen >= enough;
      });
      const end = coarse[last]?.time;
      if (end === undefined) return coarse;
      // The block in which there were enough is read to the second: its rest would be left out with it.
      const begin = Math.max(window.from, Math.ceil(end / BLOCK_SECONDS - 1) * BLOCK_SECONDS);
      const fine = momentsOf({ from: begin, to: end }, [], 1);
      return [...coarse.slice(0, last), ...reportsOf(await compared(client, selection, fine), variant)];
    },

    async counts(selection, window, cut) {
      const [moments, steps] = await cutSteps(client, selection, window, cut);
      return countsOf(steps, (interval) => blockOf(moments, interval, window, cut));
    },

    async routes(selection, window, cut, most) {
      const [, steps] = await cutSteps(client, selection, window, cut);
      const counts = steps
        .filter(isCompared)
        .map((step) => ({ ...step, errors: step.failed ? step.requests : 0 }));
      return groupCounts(counts, ({ route }) => route, most);
    },

    latencies: (selection, window) => readLatencies(client, selection, window),
  };
}

async function compared(
  client: PrometheusClient,
  selection: Selection,
  moments: Moments,
): Promise<DurationStep[]> {
  return (await readDurations(client, selection, moments)).filter(isCompared);
}

/** What was added between the moments at which a comparison cuts time. */
async function cutSteps(
  client: PrometheusClient,
  selection: Selection,
  window: Window,
  { calibratedUntil, changes, edgeIndex }: Cut,
): Promise<[Moments, DurationStep[]]> {
  const moments = momentsOf(window, [calibratedUntil, ...changes]);
  return [moments, await readDurations(client, selection, moments, 2 ** (edgeIndex / 4))];
}

function reportsOf(steps: readonly DurationStep[], variant: string): Report[] {
  const byTime = new Map<number, number>();
  for (const step of steps) {
    if (step.variant === variant) byTime.set(step.time, (byTime.get(step.time) ?? 0) + step.requests);
  }
  return [...byTime]
    .filter(([, requests]) => requests > 0)
    .sort(([a], [b]) => a - b)
    .map(([time, requests]) => ({ time, requests }));
}

function countsOf(steps: readonly DurationStep[], block: (interval: number) => number): Count[] {
  const counts = new Map<string, { -readonly [Name in keyof Count]: Count[Name] }>();
  for (const step of steps) {
    const { service, serviceVersion, environment, flagVersion, variant, assignment, outcome, overflow } =
      step;
    const place = { block: block(step.interval), service, serviceVersion, environment, flagVersion, variant };
    const stratum = { ...place, assignment, outcome, overflow };
    const key = JSON.stringify(Object.values(stratum));
    const count = counts.get(key) ?? { ...stratum, requests: 0, errors: 0, slow: 0, unresolved: 0 };
    counts.set(key, count);
    count.requests += step.requests;
    if (step.failed) count.errors += step.requests;
    count.slow += step.slow;
    count.unresolved += step.unresolved;
  }
  return [...counts]
    .filter(([, { requests }]) => requests > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => count);
}
