import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric, Span } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { EvidenceKind, Source } from '../../src/sources/source.js';
import { renamed, spanMetricAttributes } from '../support/flag-points.js';
import { explicitPoint, exponentialPoint, resource } from '../support/points.js';
import { evaluationOf, eventOf, KIND, spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const SERVICES = ['shop', 'worker'];
const RUNS = { numRuns: 8, seed: 11 };

const store = temporaryStore();
let source: Source;
let traces = 0;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

/** Requests, errors and slow ones by block, service and variant. */
type Sums = Map<string, [requests: number, errors: number, slow: number]>;

function add(sums: Sums, key: string, requests: number, errors: number, slow: number): void {
  const [r, e, s] = sums.get(key) ?? [0, 0, 0];
  sums.set(key, [r + requests, e + errors, s + slow]);
}

const blockOf = (time: number): number => Math.floor((Math.ceil(time * 1000) - 1) / 600_000) * 600 - T0;

async function counted(flag: string, from: number, to: number): Promise<Sums> {
  const sums: Sums = new Map();
  const cut = { edgeIndex: -8, calibratedUntil: 0, changes: [] };
  for (const count of await source.counts({ flag }, { from, to }, cut)) {
    expect(count.unresolved).toBe(0);
    add(
      sums,
      `${count.block - T0} ${count.service} ${count.variant}`,
      count.requests,
      count.errors,
      count.slow,
    );
  }
  return sums;
}

/** Of each service that has anything the kind, or nothing. */
async function kindsAre(
  flag: string,
  window: { from: number; to: number },
  kind: EvidenceKind,
): Promise<void> {
  for (const use of await source.evidence({ flag }, window)) expect(use.kind).toBe(kind);
}

/** Puts what was drawn into the store in the order drawn, in batches that split traces, and some of it again. */
async function inBatches<T>(
  rows: readonly T[],
  put: (rows: readonly T[]) => Promise<unknown>,
): Promise<void> {
  const third = Math.ceil(rows.length / 3);
  const batches = [
    rows.slice(0, third),
    rows.slice(third, 2 * third),
    rows.slice(2 * third),
    rows.slice(0, third),
  ];
  for (const batch of batches) if (batch.length > 0) expect(await put(batch)).toBeUndefined();
}

interface Operation {
  readonly service: string;
  readonly variant: string | null;
  readonly again: string | null;
  readonly kind: number;
  readonly isRoot: boolean;
  readonly failed: boolean;
  /** Milliseconds after T0 at which it ended. */
  readonly ended: number;
  readonly slow: boolean;
  readonly asRecord: boolean;
}

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({
    service: fc.constantFrom(...SERVICES),
    variant: fc.constantFrom('on', 'off', null),
    again: fc.constantFrom(null, null, null, 'on', 'off'),
    kind: fc.constantFrom(KIND.server, KIND.server, KIND.consumer, KIND.internal, KIND.client),
    isRoot: fc.boolean(),
    failed: fc.boolean(),
    ended: fc.integer({ min: 1, max: 1_800_000 }),
    slow: fc.boolean(),
    asRecord: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

const isEntry = ({ kind, isRoot }: Operation): boolean =>
  kind === KIND.server || kind === KIND.consumer || (kind === KIND.internal && isRoot);

const window = fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 900, max: 1900 }));

function span(operation: Operation, attributes: Record<string, string>): Span {
  traces += 1;
  const { service, kind, isRoot, failed, ended, slow } = operation;
  return spanOf({
    trace: traces,
    kind,
    service,
    failed,
    end: T0 + ended / 1000,
    took: slow ? 0.4 : 0.02,
    attributes,
    ...(isRoot ? {} : { parent: 1 }),
  });
}

/** What a scan of the operations by hand gives, each with the variant that it counts for. */
function scanned(
  drawn: readonly Operation[],
  from: number,
  to: number,
  variantOf: (operation: Operation) => string | null,
): Sums {
  const sums: Sums = new Map();
  for (const operation of drawn) {
    const time = T0 + operation.ended / 1000;
    const variant = variantOf(operation);
    if (variant === null || !isEntry(operation) || time <= from || time > to) continue;
    const key = `${blockOf(time)} ${operation.service} ${variant}`;
    add(sums, key, 1, operation.failed ? 1 : 0, operation.slow ? 1 : 0);
  }
  return sums;
}

describe('any traffic: counts equal a scan by hand', () => {
  test('entry spans', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(operations, window, async (drawn, [after, until]) => {
        const flag = freshFlag();
        const [from, to] = [T0 + after, T0 + until];
        const spans = drawn.map((operation) =>
          span(operation, operation.variant === null ? {} : { [`feature_flags.${flag}`]: operation.variant }),
        );
        await inBatches(spans, store().sink.spans);
        expect(await counted(flag, from, to)).toEqual(scanned(drawn, from, to, ({ variant }) => variant));
        await kindsAre(flag, { from, to }, 'entry-spans');
      }),
      RUNS,
    );
  });

  test('events of hooks, in records and on spans', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(operations, window, async (drawn, [after, until]) => {
        const flag = freshFlag();
        const [from, to] = [T0 + after, T0 + until];
        const evaluations = ({ variant, again }: Operation): string[] =>
          variant === null ? [] : [variant, ...(again === null ? [] : [again])];
        const values = (variant: string) => ({
          'feature_flag.key': flag,
          'feature_flag.result.variant': variant,
        });
        const spans: Span[] = [];
        const records = [];
        for (const operation of drawn) {
          const entry = span(operation, {});
          const at = T0 + operation.ended / 1000 - 0.01;
          const events = evaluations(operation).map((variant) =>
            eventOf('feature_flag', at, values(variant)),
          );
          const child = spanOf({
            trace: traces,
            span: 1_000_000 + traces,
            parent: traces,
            kind: KIND.internal,
            service: operation.service,
            end: T0 + operation.ended / 1000,
            events: operation.asRecord ? [] : events,
          });
          spans.push(child, entry);
          if (operation.asRecord) {
            records.push(
              ...evaluations(operation).map((variant) =>
                evaluationOf(traces, at, values(variant), operation.service),
              ),
            );
          }
        }
        await inBatches(records, store().sink.logs);
        await inBatches(spans, store().sink.spans);
        const variantOf = ({ variant, again }: Operation): string | null =>
          variant !== null && again !== null && again !== variant ? '__mixed__' : variant;
        expect(await counted(flag, from, to)).toEqual(scanned(drawn, from, to, variantOf));
        await kindsAre(flag, { from, to }, 'hook-events');
      }),
      RUNS,
    );
  });

  test.each([
    ['http-duration', 'explicit'],
    ['http-duration', 'exponential'],
    ['span-metrics', 'explicit'],
    ['span-metrics', 'exponential'],
  ] as const)('%s, %s: lives of cumulative and delta streams', { timeout: 120_000 }, async (kind, shape) => {
    await fc.assert(
      fc.asyncProperty(steps, window, async (drawn, [after, until]) => {
        const flag = freshFlag();
        const [from, to] = [T0 + after, T0 + until];
        const { points, expected } = history(flag, kind, shape, drawn, from, to);
        await inBatches(points, store().sink.metrics);
        expect(await counted(flag, from, to)).toEqual(expected);
        await kindsAre(flag, { from, to }, kind);
      }),
      RUNS,
    );
  });
});

interface Step {
  readonly stream: number;
  readonly restarts: boolean;
  readonly seconds: number;
  readonly fast: number;
  readonly slow: number;
}

/** Two instances of one service, another with delta points; one stream of failures. */
const STREAMS = [
  { service: 'shop', instance: 'i1', variant: 'on', failed: false, temporality: 2 },
  { service: 'shop', instance: 'i2', variant: 'on', failed: false, temporality: 2 },
  { service: 'shop', instance: 'i1', variant: 'on', failed: true, temporality: 2 },
  { service: 'worker', instance: 'i1', variant: 'off', failed: false, temporality: 1 },
] as const;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    stream: fc.nat(STREAMS.length - 1),
    restarts: fc.constantFrom(false, false, false, true),
    seconds: fc.integer({ min: 1, max: 120 }),
    fast: fc.nat(5),
    slow: fc.nat(5),
  }),
  { minLength: 1, maxLength: 30 },
);

/** Points of the streams as they were drawn, and what of them falls into the window. */
function history(
  flag: string,
  kind: 'http-duration' | 'span-metrics',
  shape: 'explicit' | 'exponential',
  drawn: readonly Step[],
  from: number,
  to: number,
): { points: Metric[]; expected: Sums } {
  const points: Metric[] = [];
  const expected: Sums = new Map();
  const lives = STREAMS.map(() => ({ start: T0, fast: 0, slow: 0 }));
  let now = T0;
  for (const { stream: index, restarts, seconds, fast, slow } of drawn) {
    const stream = STREAMS[index];
    const life = lives[index];
    if (stream === undefined || life === undefined) throw new Error('no such stream');
    const isDelta = stream.temporality === 1;
    if (restarts || isDelta) Object.assign(life, { start: now, fast: 0, slow: 0 });
    now += seconds;
    life.fast += fast;
    life.slow += slow;
    points.push(
      point(flag, kind, shape, stream, { start: life.start, time: now, fast: life.fast, slow: life.slow }),
    );
    if (now <= from || now > to || fast + slow === 0) continue;
    const key = `${blockOf(now)} ${stream.service} ${stream.variant}`;
    add(expected, key, fast + slow, stream.failed ? fast + slow : 0, slow);
  }
  return { points, expected };
}

function point(
  flag: string,
  kind: 'http-duration' | 'span-metrics',
  shape: 'explicit' | 'exponential',
  { service, instance, variant, failed, temporality }: (typeof STREAMS)[number],
  { start, time, fast, slow }: { start: number; time: number; fast: number; slow: number },
): Metric {
  const stream = {
    flag: '',
    variant: '',
    resource: resource({ 'service.name': service, 'service.instance.id': instance }),
  };
  const metric =
    shape === 'explicit'
      ? explicitPoint(
          stream,
          { start, time, bounds: [0.1, 0.25, 1], counts: [fast, 0, slow, 0] },
          temporality,
        )
      : exponentialPoint(
          stream,
          {
            start,
            time,
            scale: 2,
            buckets: new Map([
              [-20, fast],
              [-7, slow],
            ]),
          },
          temporality,
        );
  const flags = { [`feature_flags.${flag}`]: variant };
  return kind === 'http-duration'
    ? renamed(metric, 'http.server.request.duration', {
        ...flags,
        'http.response.status_code': failed ? '500' : '200',
      })
    : renamed(
        metric,
        'traces.span.metrics.duration',
        spanMetricAttributes({
          ...flags,
          'service.name': service,
          'status.code': failed ? 'STATUS_CODE_ERROR' : 'STATUS_CODE_UNSET',
        }),
      );
}
