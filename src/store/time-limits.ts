import { mergeRejections } from '../otlp/batch.js';
import type { LogRecord, Metric, Rejection, Span, TelemetrySink } from '../otlp/model.js';

/** Senders' clocks differ by less. A row that is further ahead has a wrong time, and would outlive all others. */
const MAX_AHEAD_SECONDS = 3600;

/** Records that were refused for their time, since the start. */
export interface RefusedTimes {
  readonly tooOld: number;
  readonly tooNew: number;
}

export interface TimeLimits {
  readonly sink: TelemetrySink;
  readonly refused: RefusedTimes;
}

/**
 * Refuses what is older than the retention: ClickHouse would acknowledge such rows and remove them, and views would
 * have counted them. Refuses also what is more than an hour ahead. Spans go by their start (and end, ahead), log records by their time or
 * else when they were observed, points by the end of what they count.
 *
 * @param retentionSeconds `undefined` where rows are kept for ever
 * @param now Unix milliseconds
 */
export function limitTimes(
  sink: TelemetrySink,
  retentionSeconds: number | undefined,
  now: () => number,
): TimeLimits {
  const refused = { tooOld: 0, tooNew: 0 };

  function check(): { keeps(time: bigint, end?: bigint): boolean; rejection(): Rejection | undefined } {
    const nowNanos = BigInt(Math.round(now())) * 1_000_000n;
    const oldest = retentionSeconds === undefined ? undefined : nowNanos - nanos(retentionSeconds);
    const newest = nowNanos + nanos(MAX_AHEAD_SECONDS);
    const found = { tooOld: 0, tooNew: 0 };
    return {
      keeps(time, end = time) {
        if (oldest !== undefined && time < oldest) found.tooOld += 1;
        else if (time > newest || end > newest) found.tooNew += 1;
        else return true;
        return false;
      },
      rejection() {
        refused.tooOld += found.tooOld;
        refused.tooNew += found.tooNew;
        return describe(found, retentionSeconds, nowNanos);
      },
    };
  }

  async function pass<T>(
    records: readonly T[],
    times: (record: T) => readonly [time: bigint, end?: bigint],
    accept: (kept: readonly T[]) => Promise<Rejection | undefined>,
  ): Promise<Rejection | undefined> {
    const { keeps, rejection } = check();
    const kept = records.filter((record) => keeps(...times(record)));
    const late = rejection();
    return mergeRejections(late, kept.length === 0 ? undefined : await accept(kept));
  }

  return {
    refused,
    sink: {
      spans: (spans) => pass(spans, spanTimes, sink.spans),
      logs: (records) => pass(records, (record) => [logTime(record)], sink.logs),
      async metrics(metrics) {
        const { keeps, rejection } = check();
        const kept = metrics.map((metric) => withPoints(metric, keeps)).filter(hasPoints);
        const late = rejection();
        return mergeRejections(late, kept.length === 0 ? undefined : await sink.metrics(kept));
      },
    },
  };
}

/** Some views keep a span by its end. */
function spanTimes({ startTimeUnixNano, endTimeUnixNano }: Span): [time: bigint, end: bigint] {
  return [startTimeUnixNano, endTimeUnixNano];
}

/** The time of a log record's row. */
function logTime({ timeUnixNano, observedTimeUnixNano }: LogRecord): bigint {
  return timeUnixNano > 0n ? timeUnixNano : observedTimeUnixNano;
}

function withPoints<M extends Metric>(metric: M, keeps: (time: bigint) => boolean): M {
  const all: readonly { readonly timeUnixNano: bigint }[] = metric.points;
  const points = all.filter((point) => keeps(point.timeUnixNano));
  // Almost always all of them.
  return points.length === all.length ? metric : { ...metric, points };
}

const hasPoints = (metric: Metric): boolean => metric.points.length > 0;

const nanos = (seconds: number): bigint => BigInt(Math.round(seconds)) * 1_000_000_000n;

function describe(
  { tooOld, tooNew }: RefusedTimes,
  retentionSeconds: number | undefined,
  nowNanos: bigint,
): Rejection | undefined {
  if (tooOld + tooNew === 0) return undefined;
  const clock = new Date(Number(nowNanos / 1_000_000n)).toISOString();
  const old = `${tooOld} older than the ${Number(retentionSeconds) / 3600} h that are kept (--retention).`;
  const ahead = `${tooNew} more than ${MAX_AHEAD_SECONDS / 3600} h ahead; check the sender's clock.`;
  const causes = [...(tooOld > 0 ? [old] : []), ...(tooNew > 0 ? [ahead] : [])];
  return {
    count: tooOld + tooNew,
    message: `Refused for their time, by the clock here (${clock}): ${causes.join(' ')}`,
  };
}
