import { randomBytes } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { SentSpans } from './sent-spans.js';

/** One request of histogram points, delta, one for each id as a variant of the flag `durable`. */
export function sentPoints(count: number): SentSpans {
  const ids = Array.from({ length: count }, () => randomBytes(8).toString('hex'));
  const now = `${Date.now()}000000`;
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const dataPoints = ids.map((id) => ({
    attributes: [attribute('feature_flag.key', 'durable'), attribute('feature_flag.result.variant', id)],
    startTimeUnixNano: now,
    timeUnixNano: now,
    count: 1,
    scale: 2,
    positive: { offset: 0, bucketCounts: [1] },
  }));
  const metric = {
    name: 'telltale.operation.duration',
    unit: 's',
    exponentialHistogram: { aggregationTemporality: 1, dataPoints },
  };
  return { ids, body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }) };
}

/** Sends until whoever receives is gone; what was answered with 200 counts as acknowledged. */
export async function sendUntilGone(
  otlpUrl: string,
  path: string,
  make: (count: number) => SentSpans,
  acknowledged: Set<string>,
): Promise<void> {
  for (;;) {
    const { ids, body } = make(50);
    try {
      const response = await fetch(`${otlpUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
    for (const id of ids) acknowledged.add(id);
  }
}

/** Resolves when so many were acknowledged. */
export async function reached(acknowledged: ReadonlySet<string>, count: number): Promise<void> {
  await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThanOrEqual(count), {
    timeout: 60_000,
    interval: 20,
  });
}
