import { get } from 'node:http';
import type { Collector } from './app-collector.js';
import type { Attributes, Point } from './app-otlp.js';
import type { App } from './app-process.js';

/** Variables that send everything to the collector in a form that tests can read. */
export function exportTo(collector: Collector): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
}

/**
 * One request to its end.
 *
 * @param user Who its flags are evaluated for; in a header, because instrumentations write the URL.
 */
export async function ask(app: App, path: string, user?: string): Promise<number> {
  const response = await app.get(path, user === undefined ? {} : { 'x-user': user });
  await response.text();
  return response.status;
}

/** Opens a request, and goes away once the flag was evaluated. */
export async function abandon(app: App): Promise<void> {
  const request = get(`${app.url}/abandoned`);
  request.on('error', () => {});
  await app.message('evaluated');
  const closed = app.message('closed');
  request.destroy();
  await closed;
}

/** The points that have these attributes, and maybe more. */
export function matching(points: readonly Point[], wanted: Attributes): Point[] {
  return points.filter((point) =>
    Object.entries(wanted).every(([key, value]) => point.attributes[key] === value),
  );
}

/** The sum of the points that have these attributes. */
export function total(points: readonly Point[], wanted: Attributes): number {
  return matching(points, wanted).reduce((sum, point) => sum + point.count, 0);
}
