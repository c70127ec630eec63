import type { Sample } from './counter-steps.js';
import type { Labels } from './prometheus-client.js';
import type { Naming } from './prometheus-names.js';
import type { Moments } from './prometheus-readings.js';
import { quoted } from './promql.js';

/** An exporter reports each minute or so: what is first seen later than this after another was not there before. */
const SILENCE_SECONDS = 300;

interface Process {
  readonly labels: Labels;
  readonly interval: number;
  readonly time: number;
  /** Reported long before the window as well. */
  readonly returned: boolean;
  /** Returned with less than it had: it is another process under the same name. */
  readonly restarted: boolean;
}

/** When processes were first seen, to tell what a series held before. */
export class FirstSeen {
  readonly #processes: Map<string, Process> = new Map();
  /** In the form that is read, where the metric has several. */
  readonly #inForm: Map<string, Pick<Process, 'interval' | 'time'>> = new Map();
  #first: Pick<Process, 'interval' | 'time'> | undefined;
  #earlier = false;

  add(labels: Labels, interval: number, time: number): void {
    const known = this.#of(labels);
    if (known !== undefined && time >= known.time) return;
    const { returned = false, restarted = false } = known ?? {};
    this.#processes.set(processOf(labels), { labels, interval, time, returned, restarted });
    if (this.#first === undefined || time < this.#first.time) this.#first = { interval, time };
  }

  addInForm(labels: Labels, interval: number, time: number): void {
    const known = this.#inForm.get(processOf(labels));
    if (known === undefined || time < known.time) this.#inForm.set(processOf(labels), { interval, time });
  }

  /** Something reported before the first of these. */
  addEarlier(): void {
    this.#earlier = true;
  }

  firstInterval(): number | undefined {
    return this.#first?.interval;
  }

  addReturned(labels: Labels): void {
    const known = this.#of(labels);
    if (known !== undefined && known.interval > 0)
      this.#processes.set(processOf(labels), { ...known, returned: true });
  }

  addRestarted(labels: Labels): void {
    const known = this.#of(labels);
    if (known?.returned) this.#processes.set(processOf(labels), { ...known, restarted: true });
  }

  /** Those that were not there at the beginning of the window. */
  appeared(): Labels[] {
    return [...this.#processes.values()].filter(({ interval }) => interval > 0).map(({ labels }) => labels);
  }

  /** Intervals in which a process appeared that may have been running before, or went over to another form. */
  unsureIntervals({ times }: Moments): number[] {
    const unsure = [...this.#processes.values()].filter(
      (process) => process.interval > 0 && !this.#isNew(process, times[process.interval - 1] ?? 0),
    );
    const changed = [...this.#inForm].filter(
      ([process, { interval }]) => interval > (this.#processes.get(process)?.interval ?? interval),
    );
    return [...unsure, ...changed.map(([, inForm]) => inForm)].map(({ interval }) => interval);
  }

  /** Whether a process that appeared then was not there while the store already received from others. */
  #isNew({ interval, returned, restarted }: Process, time: number): boolean {
    if (returned) return restarted;
    const first = this.#first;
    if (first === undefined || interval === 0) return false;
    return this.#earlier || first.interval === 0 || time - first.time > SILENCE_SECONDS;
  }

  /**
   * Whether a series held nothing before its first sample, because its process reported before, or is new. What one that
   * returned counted while it was silent may be of before the window, and what one that went over to another form or
   * name, as a store's settings make it, held then was counted in the one before.
   */
  fromZero(labels: Labels, sample: Sample | undefined): boolean {
    const process = this.#of(labels);
    if (sample === undefined || process === undefined || sample.interval === 0) return false;
    const inForm = this.#inForm.get(processOf(labels)) ?? process;
    if (inForm.time < sample.time) return true;
    return inForm.time === process.time && this.#isNew(process, process.time);
  }

  /** When a process began that is known to be new, else 0. */
  began(labels: Labels): number {
    const process = this.#of(labels);
    return process !== undefined && this.#isNew(process, process.time) ? process.time : 0;
  }

  #of(labels: Labels): Process | undefined {
    return this.#processes.get(processOf(labels));
  }
}

/** What tells a resource where a store makes no `job` and `instance` of it, as VictoriaMetrics. */
const RESOURCE_ATTRIBUTES = ['service.namespace', 'service.name', 'service.instance.id'];

/** The resource of a series. Where a collector was scraped, `job` and `instance` are its own, and these are renamed. */
export function resourceOf(labels: Labels): string {
  const { job = '', instance = '', exported_job, exported_instance } = labels;
  const target = [exported_job ?? job, exported_instance ?? instance];
  if (target.some((label) => label !== '')) return JSON.stringify(target);
  return JSON.stringify(RESOURCE_ATTRIBUTES.map((name) => labels[name] ?? labels[underscored(name)] ?? ''));
}

/** What counted a series: of metrics of spans that is a collector's connector, whatever the service is. */
export function processOf(labels: Labels): string {
  return labels['collector_instance_id'] ?? labels['collector.instance.id'] ?? resourceOf(labels);
}

const TARGET_LABELS = ['job', 'instance', 'exported_job', 'exported_instance'];
const PROCESS_ATTRIBUTES = ['collector.instance.id', ...RESOURCE_ATTRIBUTES];

/** PromQL that counts series by what counted them. */
export function byProcess(vector: string, { escapes }: Naming): string {
  const dotted = escapes ? [] : PROCESS_ATTRIBUTES.map(quoted);
  const labels = [...TARGET_LABELS, ...PROCESS_ATTRIBUTES.map(underscored), ...dotted];
  return `count by (${labels.join(', ')}) (${vector})`;
}

function underscored(attribute: string): string {
  return attribute.replaceAll('.', '_');
}
