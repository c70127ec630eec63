import type { CourseDocument, CourseVariant } from '../../server/page/documents.js';
import { count, duration, percent, ratio } from '../parts/format.js';
import { type Steps, stepSeconds } from './steps.js';

/** What one variant did, step by step; null: not known. */
export interface CourseLine {
  readonly variant: string;
  readonly values: readonly (number | null)[];
  /** A value with its unit and what it is made of. */
  text(index: number): string;
}

export const PERCENTILES = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** Failed operations among all of a step. */
export function errorRates({ variants }: CourseDocument): CourseLine[] {
  return variants.map(({ variant, requests, errors }) => {
    const values = requests.map((all, i) => (all > 0 ? at(errors, i) / all : null));
    return {
      ...{ variant, values },
      text: (i) =>
        values[i] == null
          ? 'no requests'
          : `${percent(values[i])} (${count(at(errors, i))} of ${count(at(requests, i))})`,
    };
  });
}

export function percentiles({ variants }: CourseDocument, percentile: Percentile): CourseLine[] {
  return variants.map((of) => ({
    variant: of.variant,
    values: of[percentile],
    text: (i) => (of[percentile][i] == null ? 'not known' : duration(of[percentile][i])),
  }));
}

/** Operations a second. */
export function rates(course: CourseDocument, steps: Steps): CourseLine[] {
  const last = lastSeen(course);
  return course.variants.map(({ variant, requests }) => {
    const values = requests.map((all, i) => (i > last ? null : perSecond(all, stepSeconds(steps, i))));
    return {
      ...{ variant, values },
      text: (i) =>
        i > last
          ? 'nothing reported yet'
          : `${ratio(values[i] ?? null)} a second (${count(at(requests, i))})`,
    };
  });
}

/** The last step with requests of any variant: those after it were not reported yet, which is not the same as none. */
export function lastSeen({ variants }: CourseDocument): number {
  return totalsOf(variants).findLastIndex((all) => all > 0);
}

/** A variant's part of all operations of a step. */
export function shares({ variants }: CourseDocument): CourseLine[] {
  const totals = totalsOf(variants);
  return variants.map(({ variant, requests }) => {
    const values = requests.map((all, i) => (at(totals, i) > 0 ? all / at(totals, i) : null));
    return {
      ...{ variant, values },
      text: (i) => `${percent(values[i] ?? null)} (${count(at(requests, i))} of ${count(at(totals, i))})`,
    };
  });
}

function totalsOf(variants: readonly CourseVariant[]): number[] {
  const length = variants[0]?.requests.length ?? 0;
  return Array.from({ length }, (_, i) => variants.reduce((sum, { requests }) => sum + at(requests, i), 0));
}

function perSecond(operations: number, seconds: number): number | null {
  return seconds > 0 ? operations / seconds : null;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}
