import type { Resource } from '../../src/otlp/model.js';
import { binomial } from '../../src/simulation/binomial.js';
import { createRandom, type Random } from '../../src/simulation/random.js';
import type { SentMetric } from './otlp-request.js';
import { exponentialPoint, resource, type Stream } from './points.js';

/** What one variant does to the requests that have it. */
export interface VariantBehaviour {
  readonly variant: string;
  /** Of the flag's requests, 0 to 1. */
  readonly share: number;
  readonly errorRate: number;
  /** Seconds. */
  readonly median: number;
}

/** A flag's traffic over the minutes of the release. */
export interface FlagRelease {
  readonly flag: string;
  readonly service: string;
  readonly environment: string;
  readonly requestsPerMinute: number;
  readonly routes: readonly string[];
  /** From a minute of the release on. */
  readonly stages: readonly { readonly minute: number; readonly variants: readonly VariantBehaviour[] }[];
}

export const RELEASE_MINUTES = 60;
/** When version 1.5.0 of the shop was deployed, and when the harmful flag was moved to 10 %; minutes of the release. */
export const DEPLOYED_AT = 20;
export const MOVED_AT = 30;

const behaviour = (variant: string, share: number, errorRate: number, median: number): VariantBehaviour => ({
  ...{ variant, share, errorRate, median },
});

export const HARMFUL: FlagRelease = {
  flag: 'new-checkout',
  service: 'shop',
  environment: 'prod',
  requestsPerMinute: 300,
  routes: ['/checkout', '/cart/:id'],
  stages: [
    { minute: 0, variants: [behaviour('off', 1, 0.0056, 0.031)] },
    { minute: MOVED_AT, variants: [behaviour('off', 0.9, 0.0056, 0.031), behaviour('on', 0.1, 0.05, 0.037)] },
  ],
};

export const FINE: FlagRelease = {
  flag: 'fast-search',
  service: 'search',
  environment: 'prod',
  requestsPerMinute: 1200,
  routes: ['/products'],
  stages: [{ minute: 0, variants: [behaviour('off', 0.5, 0.004, 0.12), behaviour('on', 0.5, 0.0034, 0.05)] }],
};

export const THREE_VARIANTS: FlagRelease = {
  flag: 'theme',
  service: 'shop',
  environment: 'staging',
  requestsPerMinute: 12,
  routes: ['/'],
  stages: [
    {
      minute: 0,
      variants: [
        behaviour('control', 0.4, 0.01, 0.02),
        behaviour('blue', 0.3, 0.01, 0.02),
        behaviour('green', 0.3, 0.01, 0.02),
      ],
    },
  ],
};

export const ONE_VARIANT: FlagRelease = {
  flag: 'beta-cart',
  service: 'shop',
  environment: 'prod',
  requestsPerMinute: 20,
  routes: ['/cart'],
  stages: [{ minute: 0, variants: [behaviour('on', 1, 0.002, 0.02)] }],
};

/** Keys and variants that are markup, or turn around what follows, or are long, or full of what addresses reserve. */
export const HOSTILE: readonly FlagRelease[] = [
  ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>'],
  ['\u202Etxt.exe', '\u202Eno'],
  ['k'.repeat(200), 'v'.repeat(200)],
  [`it's "50 %" of a/b\\c?d#e&f=g;%2F`, `"'/%`],
].map(([flag = '', variant = '']) => ({
  ...{ flag, service: 'shop', environment: 'prod', requestsPerMinute: 10, routes: ['/hostile'] },
  stages: [{ minute: 40, variants: [behaviour('off', 0.5, 0, 0.02), behaviour(variant, 0.5, 0, 0.02)] }],
}));

/** A name as the page shows it: what would turn around or hide is an escape. */
export function shownName(name: string): string {
  return name.replaceAll('\u202E', '\\u202e');
}

const ALL: readonly FlagRelease[] = [HARMFUL, FINE, THREE_VARIANTS, ONE_VARIANT, ...HOSTILE];

/** Operations of one minute that ended alike. */
export interface Operations {
  readonly release: FlagRelease;
  readonly variant: string;
  readonly route: string;
  readonly failed: boolean;
  readonly count: number;
  /** When the minute began, Unix seconds. */
  readonly start: number;
  readonly median: number;
  readonly resource: Resource;
}

/**
 * All operations of a release that ended at a moment. The same for the same moment, and but for times for every other.
 *
 * @param end Unix seconds
 */
export function operationsOf(
  end: number,
  releases: readonly FlagRelease[] = ALL,
  minutes: number = RELEASE_MINUTES,
): Operations[] {
  return releases.flatMap((release, i) => {
    const random = createRandom(8, i);
    return Array.from({ length: minutes }, (_, minute) => {
      const stage = release.stages.findLast((each) => each.minute <= minute);
      const start = end - 60 * (minutes - minute);
      const of = resourceOf(release, minute);
      return (stage?.variants ?? []).flatMap((variant) => minuteOf(release, variant, random, start, of));
    }).flat();
  });
}

function minuteOf(
  release: FlagRelease,
  { variant, share, errorRate, median }: VariantBehaviour,
  random: Random,
  start: number,
  of: Resource,
): Operations[] {
  return release.routes.flatMap((route) => {
    const requests = Math.round((release.requestsPerMinute * share) / release.routes.length);
    const failures = binomial(requests, errorRate, random);
    return [
      { failed: false, count: requests - failures },
      { failed: true, count: failures },
    ]
      .filter(({ count }) => count > 0)
      .map((ended) => ({ ...ended, ...{ release, variant, route, start, median, resource: of } }));
  });
}

function resourceOf({ service, environment }: FlagRelease, minute: number): Resource {
  const version = service === 'shop' && minute < DEPLOYED_AT ? '1.4.0' : '1.5.0';
  return resource({
    'service.name': service,
    'service.version': version,
    'deployment.environment.name': environment,
  });
}

/** The points of `telltale.operation.duration`, one report a minute. */
export function durationsOf(operations: readonly Operations[]): SentMetric[] {
  return operations.map(({ release, variant, route, failed, count, start, median, resource: of }) => {
    const stream: Stream = {
      ...{ flag: release.flag, variant, route, resource: of },
      ...(failed ? { errorType: '500' } : {}),
    };
    const reading = { start, time: start + 60, scale: 2, buckets: buckets(count, median) };
    return exponentialPoint(stream, reading, 1);
  });
}

/** Durations of a log-logistic distribution, by bucket at scale 2. */
function buckets(count: number, median: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let i = 0; i < count; i += 1) {
    const below = (i + 0.5) / count;
    const seconds = median * (below / (1 - below)) ** 0.35;
    const index = Math.ceil(Math.log2(seconds) * 4) - 1;
    found.set(index, (found.get(index) ?? 0) + 1);
  }
  return found;
}

/** What happened to the requests of one variant. */
export interface Outcome {
  readonly variant: string;
  readonly succeeded: number;
  readonly failed: number;
}

/** Operations of the last minute, as they are reported now. */
export function burstOf(
  flag: string,
  outcomes: readonly Outcome[],
  now: number = Date.now() / 1000,
): Operations[] {
  const release: FlagRelease = { ...ONE_VARIANT, flag };
  const common = { release, route: '/burst', start: now - 60, median: 0.03 };
  return outcomes.flatMap(({ variant, succeeded, failed }) =>
    [
      { failed: false, count: succeeded },
      { failed: true, count: failed },
    ]
      .filter(({ count }) => count > 0)
      .map((ended) => ({ ...common, ...ended, variant, resource: resourceOf(release, RELEASE_MINUTES) })),
  );
}
