import type { Labels, PrometheusClient } from './prometheus-client.js';
import { METRIC_NAMES, type Naming, type StoredMetrics } from './prometheus-names.js';
import { resourceOf } from './prometheus-processes.js';
import { LOOK_BACK_SECONDS, type Moments, readMoments } from './prometheus-readings.js';
import { anyOf, type Matcher, selector } from './promql.js';
import type { Place, ServiceFilter, Window } from './source.js';

/** What tells where a series comes from; the resource's attributes are labels of its own, or of `target_info`. */
export type Target = Pick<Place, 'service' | 'serviceVersion' | 'environment'>;

/** Where a series comes from in an interval: a process that keeps its name may change its version. */
export type TargetOf = (labels: Labels, interval: number) => Target;

/** Reads `target_info` at the moments, for what is no label of the series themselves. */
export async function readTargets(
  client: PrometheusClient,
  moments: Moments,
  matchers: readonly Matcher[],
): Promise<TargetOf> {
  const info = selector('target_info', matchers);
  const readings = await readMoments(client, moments, (length) => `last_over_time(${info}[${length}])`);
  const byResource = new Map<
    string,
    { labels: Labels; values: readonly (number | undefined)[]; first: number }[]
  >();
  for (const { labels, values } of readings.values()) {
    const resource = resourceOf(labels);
    const known = byResource.get(resource) ?? [];
    byResource.set(resource, known);
    known.push({ labels, values, first: values.findIndex((value) => value !== undefined) });
  }
  // The one that began last is what the process is now.
  for (const infos of byResource.values()) infos.sort((a, b) => b.first - a.first);
  return (labels, interval) => {
    const infos = byResource.get(resourceOf(labels)) ?? [];
    const now = infos.find(({ values }) => values[interval] !== undefined);
    const before = infos.find(({ first }) => first <= interval);
    return targetOf(labels, (now ?? before ?? infos.at(-1))?.labels ?? {});
  };
}

function targetOf(own: Labels, info: Labels): Target {
  const attribute = (name: string): string => either(own, name) || either(info, name);
  return {
    service: attribute('service.name') || serviceOfJob(own['exported_job'] ?? own['job'] ?? ''),
    serviceVersion: attribute('service.version'),
    environment: attribute('deployment.environment.name') || attribute('deployment.environment'),
  };
}

function either(labels: Labels, name: string): string {
  return labels[name] ?? labels[name.replaceAll('.', '_')] ?? '';
}

/** `job` is `service.namespace/service.name`, or the name alone. */
function serviceOfJob(job: string): string {
  return job.slice(job.lastIndexOf('/') + 1);
}

/**
 * What narrows series to a service before they are read, by `job` alone: what else has the same is left out after, as is
 * another environment. Where a collector was scraped, `job` is the collector's and the service a label.
 */
export async function readServiceMatchers(
  client: PrometheusClient,
  { namings }: StoredMetrics,
  { service }: ServiceFilter,
  { from, to }: Window,
): Promise<Matcher[]> {
  if (service === undefined) return [];
  const read = { label: '__name__', is: '=~', value: `${METRIC_NAMES}|target_info` } as const;
  const told: Matcher[] = [
    ...namings.map((naming): Matcher => ({ label: naming.label('service.name'), is: '=', value: service })),
    { label: 'exported_job', is: '=~', value: `(.*/)?(${anyOf([service])})` },
  ];
  const jobs = await Promise.all(
    told.map((matcher) => client.values('job', [read, matcher], from - LOOK_BACK_SECONDS, to)),
  );
  // Where there is no job, it is ''.
  return [{ label: 'job', is: '=~', value: `(.*/)?(${anyOf([service])})|${anyOf(['', ...jobs.flat()])}` }];
}

/**
 * What narrows series to a flag. What a limit folded together has no flag any more, and may be of any.
 */
export function flagMatchers(naming: Naming, flag: string | undefined): Matcher[] {
  if (flag === undefined) return [];
  return [{ label: naming.label('feature_flag.key'), is: '=~', value: `${anyOf([flag])}|` }];
}
