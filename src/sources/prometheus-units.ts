import type { SeriesStep } from './counter-steps.js';
import { type AddedSeries, readAdded } from './prometheus-added.js';
import { blockOf } from './prometheus-blocks.js';
import type { PrometheusClient } from './prometheus-client.js';
import { readMetrics, type StoredMetric, type UnitCounter } from './prometheus-names.js';
import { processOf } from './prometheus-processes.js';
import { counterQuestion, presenceOf } from './prometheus-questions.js';
import { type Moments, momentsOf, seriesKey } from './prometheus-readings.js';
import {
  flagMatchers,
  readServiceMatchers,
  readTargets,
  type Target,
  type TargetOf,
} from './prometheus-target.js';
import {
  type Exposure,
  NO_EXPOSURES,
  type Selection,
  type UnitCount,
  type UnitSource,
  type VariantUnits,
  type Window,
} from './source.js';
import { type SurestUnits, surestBySteps } from './surest-units.js';

const DAY_SECONDS = 86_400;
const BUCKETS = 16;

/** What one counter of units added in one interval. */
interface UnitStep extends SeriesStep, Target {
  readonly variant: string;
  readonly bucket: number;
  readonly overflow: boolean;
  /** Seconds; NaN where the counter has none. */
  readonly threshold: number;
  /** The series without its threshold: the same for all counters of one process. */
  readonly series: string;
  readonly process: string;
  readonly processBegan: number;
  readonly units: number;
}

/** Answers about units from `telltale.unit.*`; a store of metrics alone cannot tell who failed. */
export function createPrometheusUnits(client: PrometheusClient): UnitSource {
  return {
    async unitCounts(selection, window, cut) {
      const moments = momentsOf(window, [cut.calibratedUntil, ...cut.changes]);
      const [operations, errors, slow] = await Promise.all([
        readUnits(client, 'operations', selection, moments),
        readUnits(client, 'errors', selection, moments),
        readUnits(client, 'slow', selection, moments),
      ]);
      const sums = new UnitSums((interval) => blockOf(moments, interval, window, cut));
      const edge = 2 ** (cut.edgeIndex / 4);
      for (const step of operations) sums.of(step).addOperations(step);
      for (const step of errors) sums.of(step).errors += step.units;
      // A threshold that went through text may be off by its last digit; edges are 19 % apart.
      for (const step of slow.filter(({ threshold }) => Math.abs(threshold / edge - 1) < 1e-9))
        sums.of(step).addSlow(step);
      return sums.counts();
    },

    async distinctUnits(selection, window, cut, leftOut) {
      const [units = []] = await distinctSteps(client, selection, window, cut, leftOut, [window.to]);
      return units;
    },

    distinctSteps: (...question) => distinctSteps(client, ...question),

    async exposures(selection, window) {
      const steps = await readUnits(client, 'exposed', selection, momentsOf(window, []));
      const exposures = new Map<string, { -readonly [Name in keyof Exposure]: Exposure[Name] }>();
      for (const { process, processBegan: began, variant, units, life, overflow } of steps) {
        if (overflow) continue;
        const key = JSON.stringify([process, variant]);
        const exposure = exposures.get(key) ?? { process, variant, units: 0, began, restarted: false };
        exposures.set(key, exposure);
        exposure.units += units;
        exposure.restarted ||= life > 0;
      }
      return [...exposures.values()];
    },

    firstExposures: async () => NO_EXPOSURES,

    failingUnits: async () => [],
  };
}

async function distinctSteps(
  client: PrometheusClient,
  ...[selection, window, cut, leftOut, moments]: Parameters<UnitSource['distinctSteps']>
): Promise<VariantUnits[][]> {
  const read = momentsOf(window, [cut.calibratedUntil, ...cut.changes]);
  const steps = await readUnits(client, 'exposed', selection, read);
  const lives = new Map<string, number>();
  const seen: SurestUnits[] = [];
  for (const step of steps.sort((a, b) => a.interval - b.interval)) {
    const begin = read.times[step.interval - 1] ?? 0;
    // What is reported first on a day may tell of the day before as well, and units would count twice.
    if (step.overflow || begin % DAY_SECONDS === 0) continue;
    if (leftOut.includes(blockOf(read, step.interval, window, cut))) continue;
    const { variant, bucket } = step;
    const key = JSON.stringify([variant, bucket, step.series, step.life, Math.floor(begin / DAY_SECONDS)]);
    const units = (lives.get(key) ?? 0) + step.units;
    lives.set(key, units);
    seen.push({ step: moments.filter((moment) => moment <= begin).length, variant, bucket, units });
  }
  return surestBySteps(seen, moments.length);
}

/** Sums by block, place and bucket. */
class UnitSums {
  readonly #sums: Map<string, UnitSum> = new Map();
  readonly #block: (interval: number) => number;

  constructor(block: (interval: number) => number) {
    this.#block = block;
  }

  of(step: UnitStep): UnitSum {
    const { service, serviceVersion, environment, variant, bucket, overflow } = step;
    const place = {
      block: this.#block(step.interval),
      service,
      serviceVersion,
      environment,
      variant,
      bucket,
      overflow,
    };
    const key = JSON.stringify(Object.values(place));
    const sum = this.#sums.get(key) ?? new UnitSum(place);
    this.#sums.set(key, sum);
    return sum;
  }

  counts(): UnitCount[] {
    return [...this.#sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, sum]) => sum.count())
      .filter(({ operations, errors, overflow }) => operations > 0 || errors > 0 || overflow);
  }
}

class UnitSum {
  readonly #place: Omit<UnitCount, 'operations' | 'errors' | 'slow'>;
  readonly #counting: Set<string> = new Set();
  readonly #knowing: Set<string> = new Set();
  #operations = 0;
  #slow = 0;
  errors = 0;

  constructor(place: Omit<UnitCount, 'operations' | 'errors' | 'slow'>) {
    this.#place = place;
  }

  addOperations({ series, units }: UnitStep): void {
    this.#operations += units;
    this.#counting.add(series);
  }

  addSlow({ series, units }: UnitStep): void {
    this.#slow += units;
    this.#knowing.add(series);
  }

  /** Slow ones are known where every process that counts operations counts them too, be it none. */
  count(): UnitCount {
    const known = [...this.#counting].every((series) => this.#knowing.has(series));
    return {
      ...this.#place,
      operations: this.#operations,
      errors: this.errors,
      slow: known ? this.#slow : null,
    };
  }
}

async function readUnits(
  client: PrometheusClient,
  counter: UnitCounter,
  selection: Selection,
  moments: Moments,
): Promise<UnitStep[]> {
  const window: Window = { from: moments.times[0] ?? 0, to: moments.times.at(-1) ?? 0 };
  const metrics = await readMetrics(client, window);
  const services = await readServiceMatchers(client, metrics, selection, window);
  const targetOf = await readTargets(client, moments, services);
  // A process counts operations before anything else of its units.
  const operations = metrics.of('telltale.unit.operations');
  const parts = await Promise.all(
    metrics.of(`telltale.unit.${counter}`).map(async (metric) => {
      const matchers = [...flagMatchers(metric.naming, selection.flag), ...services];
      const alike = operations.filter(({ name }) => name.replace('operations', counter) === metric.name);
      const presence = presenceOf(operations, alike, services);
      const series = await readAdded(client, moments, { ...counterQuestion(metric, matchers), presence });
      return series.flatMap((one) => unitSteps(metric, one, selection, targetOf));
    }),
  );
  return parts.flat();
}

/** Only what the release assigned, and what was folded together, which has neither assignment nor bucket any more. */
function unitSteps(
  { naming }: StoredMetric,
  { labels, steps, processBegan }: AddedSeries,
  selection: Selection,
  targetOf: TargetOf,
): UnitStep[] {
  const attribute = (name: string): string | undefined => labels[naming.label(name)];
  const overflow = attribute('otel.metric.overflow') === 'true';
  const bucket = Number(attribute('telltale.unit.bucket') ?? Number.NaN);
  if (!overflow) {
    if (attribute('feature_flag.key') !== selection.flag) return [];
    if (attribute('telltale.assignment') !== 'assigned') return [];
    if (!(Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS)) return [];
  }
  const { [naming.label('telltale.threshold')]: threshold, ...rest } = labels;
  return steps.flatMap((step) => {
    const target = targetOf(labels, step.interval);
    const { service, environment } = selection;
    if (service !== undefined && target.service !== service) return [];
    if (environment !== undefined && target.environment !== environment) return [];
    return {
      ...step,
      ...target,
      variant: attribute('feature_flag.result.variant') ?? '',
      bucket: Number.isNaN(bucket) ? 255 : bucket,
      overflow,
      threshold: Number(threshold ?? Number.NaN),
      series: seriesKey(rest),
      process: processOf(labels),
      processBegan,
      units: Math.round(step.added[0] ?? 0),
    };
  });
}
