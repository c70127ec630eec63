import { PREFIX } from '../store/schema-fragments.js';
import type { Query, QueryParameters } from '../store/store.js';
import { failedSpans } from './evidence-sql.js';
import { failuresSql } from './failures-sql.js';
import type { Groups } from './groups.js';
import { type GroupRow, groupsOf } from './groups-sql.js';
import type { EvidenceUse, Selection, Window } from './source.js';
import { nanos, stepsParameters } from './steps-sql.js';

/** How operations failed alike; empty: not known. */
export interface FailureName {
  readonly errorType: string;
  readonly exceptionType: string;
  readonly route: string;
}

/** Operations that failed alike and had this variant. */
export interface FailedVariant {
  readonly variant: string;
  readonly operations: number;
  /** The newest whose spans are stored; Unix seconds. */
  readonly traces: readonly { readonly traceId: string; readonly at: number }[];
}

/** An entry span ends when its record is written, or a little before; it began that long before at most. */
const LONGEST_SECONDS = 3600;

const STORED = `SELECT DISTINCT TraceId AS trace FROM otel_traces WHERE TraceId IN {traces:Array(String)}
  AND Timestamp >= fromUnixTimestamp64Nano({oldest:Int64}, 'UTC') AND Timestamp <= fromUnixTimestamp64Nano({newest:Int64}, 'UTC')`;

/** How much is answered, and how long one reading of the store may take: the engine answers nobody else meanwhile. */
export interface FailureLimits {
  /** Ways to fail. */
  readonly most: number;
  /** Of each way and variant. */
  readonly traces: number;
  readonly seconds: number;
}

/**
 * How operations failed in the window, the commonest ways first: by the records that Telltale writes, and by entry
 * spans in services that have evidence and no such record.
 *
 * @param evidence what the comparison counts
 * @returns undefined where it took longer than it may
 */
export async function readFailures(
  query: Query,
  selection: Selection,
  evidence: readonly EvidenceUse[],
  window: Window,
  { most, traces, seconds }: FailureLimits,
): Promise<Groups<FailedVariant, FailureName> | undefined> {
  const parameters = { ...stepsParameters(selection, window), attribute: PREFIX + selection.flag, most };
  try {
    const rows = await failureRows(query, selection.flag, evidence, parameters, seconds);
    const stored = await storedTraces(query, rows);
    return groupsOf(
      rows.map(({ name: [errorType, exceptionType, route], ...row }) => ({
        ...row,
        name: { errorType, exceptionType, route },
      })),
      ({ variant, operations, traces: candidates }): FailedVariant => ({
        variant,
        operations: Number(operations),
        traces: newest(candidates, stored, traces),
      }),
    );
  } catch (error) {
    if ((error as { type?: unknown }).type === 'TIMEOUT_EXCEEDED') return undefined;
    throw error;
  }
}

/** Spans are asked only where some service has no records, which are read again then. */
async function failureRows(
  query: Query,
  flag: string,
  evidence: readonly EvidenceUse[],
  parameters: QueryParameters,
  seconds: number,
): Promise<FailureRow[]> {
  const rows = await query<FailureRow>(failuresSql(undefined, seconds), parameters);
  const recorded = new Set(rows[0]?.services);
  const others = evidence.filter(({ service }) => !recorded.has(service));
  if (others.length === 0) return rows;
  const spans = failedSpans(others.map((use) => ({ ...use, flag })));
  return query<FailureRow>(failuresSql(spans.sql, seconds), { ...parameters, ...spans.parameters });
}

interface FailureRow extends GroupRow<readonly [errorType: string, exceptionType: string, route: string]> {
  variant: string;
  operations: number | string;
  /** Of all groups. */
  services: string[];
  traces: readonly Candidate[];
}

/** Newest first: when, in milliseconds before 1970, and the id. */
type Candidate = readonly [at: number | string, traceId: string];

async function storedTraces(query: Query, rows: readonly FailureRow[]): Promise<ReadonlySet<string>> {
  const all = rows.flatMap(({ traces }) => traces);
  if (all.length === 0) return new Set();
  const times = all.map(([at]) => -Number(at) / 1000);
  const found = await query<{ trace: string }>(STORED, {
    traces: [...new Set(all.map(([, traceId]) => traceId))],
    oldest: nanos(Math.min(...times) - LONGEST_SECONDS),
    newest: nanos(Math.max(...times) + 1),
  });
  return new Set(found.map(({ trace }) => trace));
}

/** A trace with several operations that failed alike is one to look at. */
function newest(
  candidates: readonly Candidate[],
  stored: ReadonlySet<string>,
  most: number,
): FailedVariant['traces'] {
  const found = new Map<string, number>();
  for (const [at, traceId] of candidates) {
    if (stored.has(traceId) && !found.has(traceId)) found.set(traceId, -Number(at) / 1000);
  }
  return [...found].slice(0, most).map(([traceId, at]) => ({ traceId, at }));
}
