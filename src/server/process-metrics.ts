import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gauge, type Measure } from './metrics.js';

const DELAY =
  'Delay of the event loop over the last minute, or since the last reading where that is longer ago';

/** Delays older than this are forgotten when they were read. */
const DELAY_WINDOW_MS = 60_000;

const SECONDS_PER_NANOSECOND = 1e-9;

export interface ProcessMetrics {
  readonly measure: Measure;
  stop(): void;
}

/** Memory, CPU and event loop of this process, by the names of OpenTelemetry's semantic conventions. */
export function createProcessMetrics(): ProcessMetrics {
  const delay = monitorEventLoopDelay();
  delay.enable();
  let since = performance.now();
  const measure: Measure = () => {
    const { user, system } = process.cpuUsage();
    const seconds = { p50: delay.percentile(50), p99: delay.percentile(99), max: delay.max };
    if (performance.now() - since > DELAY_WINDOW_MS) {
      delay.reset();
      since = performance.now();
    }
    return [
      gauge(
        { name: 'process.memory.usage', description: 'Resident memory.', unit: 'By' },
        process.memoryUsage.rss(),
      ),
      {
        name: 'process.cpu.time',
        description: 'CPU time.',
        unit: 's',
        type: 'counter',
        points: [
          { attributes: { 'cpu.mode': 'user' }, value: user / 1e6 },
          { attributes: { 'cpu.mode': 'system' }, value: system / 1e6 },
        ],
      },
      gauge({ name: 'process.uptime', description: 'Time since the start.', unit: 's' }, process.uptime()),
      ...Object.entries(seconds).map(([name, nanoseconds]) =>
        gauge(
          { name: `nodejs.eventloop.delay.${name}`, description: `${DELAY}: ${name}.`, unit: 's' },
          nanoseconds * SECONDS_PER_NANOSECOND,
        ),
      ),
    ];
  };
  return { measure, stop: () => delay.disable() };
}
