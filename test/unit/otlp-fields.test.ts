import { describe, expect, test } from 'vitest';
import { decodeLogs, decodeMetrics, decodeTraces } from '../../src/otlp/index.js';
import { HEADERS, logRows, metricRows, type RowsByTable, spanRows } from '../../src/store/rows.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { protoFields } from '../support/otlp-proto.js';
import { SCHEMA } from '../support/otlp-schema.js';
import { type Place, places, requestOf } from '../support/otlp-walk.js';

const REQUESTS: Readonly<Record<string, (body: Uint8Array) => RowsByTable | undefined>> = {
  ExportTraceServiceRequest: (body) => spanRows(decodeTraces(body).rows),
  ExportLogsServiceRequest: (body) => logRows(decodeLogs(body).rows),
  ExportMetricsServiceRequest: (body) => metricRows(decodeMetrics(body).rows),
};

const NO_COLUMN = 'the tables of the collector have no column for it';
const DERIVED = 'says how to group attributes that are stored themselves';

/** What is read over, and why; with a request where only its table lacks it. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'Resource.entityRefs': DERIVED,
  'EntityRef.schemaUrl': DERIVED,
  'EntityRef.type': DERIVED,
  'EntityRef.idKeys': DERIVED,
  'EntityRef.descriptionKeys': DERIVED,
  'Resource.droppedAttributesCount': NO_COLUMN,
  'Span.droppedAttributesCount': NO_COLUMN,
  'Span.droppedEventsCount': NO_COLUMN,
  'Span.droppedLinksCount': NO_COLUMN,
  'Span.flags': NO_COLUMN,
  'Event.droppedAttributesCount': NO_COLUMN,
  'Link.droppedAttributesCount': NO_COLUMN,
  'Link.flags': NO_COLUMN,
  'LogRecord.droppedAttributesCount': NO_COLUMN,
  'ExponentialHistogramDataPoint.zeroThreshold': NO_COLUMN,
  'ExportTraceServiceRequest: ResourceSpans.schemaUrl': NO_COLUMN,
  'ExportTraceServiceRequest: ScopeSpans.schemaUrl': NO_COLUMN,
  'ExportTraceServiceRequest: InstrumentationScope.attributes': NO_COLUMN,
  'ExportTraceServiceRequest: InstrumentationScope.droppedAttributesCount': NO_COLUMN,
  'ExportLogsServiceRequest: InstrumentationScope.droppedAttributesCount': NO_COLUMN,
  'Metric.metadata': NO_COLUMN,
};

/** Fields that cannot change alone, because counts must add up: the column that is theirs. */
const OWN_COLUMN: Readonly<Record<string, string>> = {
  'HistogramDataPoint.count': 'Count',
  'HistogramDataPoint.bucketCounts': 'BucketCounts',
  'ExponentialHistogramDataPoint.count': 'Count',
  'ExponentialHistogramDataPoint.zeroCount': 'ZeroCount',
  'Buckets.bucketCounts': 'PositiveBucketCounts',
};

test("the schema that is walked has all fields of OpenTelemetry's own .proto files", () => {
  const known = protoFields();
  expect(known.size).toBeGreaterThan(150);
  const missing = [...known].filter(([path, number]) => {
    const [message = '', field = ''] = path.split('.');
    // Answers, and the files' own containers, are no part of a request.
    if (/Response$|PartialSuccess$|Data$/.test(message)) return false;
    return SCHEMA[message]?.[field]?.number !== number;
  });
  expect(missing).toEqual([]);
});

describe.each(Object.entries(REQUESTS))('%s', (request, rowsOf) => {
  const nameOf = ({ message, field }: Place): string => `${message}.${field}`;
  const changedColumns = (place: Place): string[] => {
    const [first, second] = [false, true].map((which) =>
      cells(rowsOf(encodeMessage(request, requestOf(request, place, which)))),
    );
    expect(first?.size, `${nameOf(place)}: rows`).toBeGreaterThan(10);
    // Without what holds the records there are none.
    if (isMessage(place) && second?.size === 0) return ['all'];
    expect([...(second?.keys() ?? [])], `${nameOf(place)}: columns`).toEqual([...(first?.keys() ?? [])]);
    return [...(first ?? [])].filter(([name, cell]) => second?.get(name) !== cell).map(([name]) => name);
  };

  test.each(places(request).map((place) => [nameOf(place), place] as const))('%s', (name, place) => {
    const columns = changedColumns(place);
    const reason = LEFT_OUT[name] ?? LEFT_OUT[`${request}: ${name}`];
    if (reason !== undefined) expect(columns, 'left out, yet stored').toEqual([]);
    else if (OWN_COLUMN[name] !== undefined) expect(columns).toContain(OWN_COLUMN[name]);
    else expect(columns, 'has no column, and no reason to have none').not.toEqual([]);
  });
});

function isMessage({ message, field }: Place): boolean {
  return typeof SCHEMA[message]?.[field]?.kind === 'object';
}

/** The fields of the only row, by column; none where there is no row. */
function cells(tables: RowsByTable | undefined): Map<string, string> {
  const [[table, pieces] = ['', []]] = tables ?? [];
  if (pieces.length === 0) return new Map();
  const [row = [], ...more] = csv(pieces.map(({ text }) => text.toString()).join(''));
  expect(more).toEqual([]);
  const [names = []] = csv(HEADERS.get(table)?.toString() ?? '');
  expect(row.length).toBe(names.length);
  return new Map(names.map((name, i) => [name, row[i] ?? '']));
}

function csv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\n]*))(,|\n)/g)) {
    row.push(quoted ?? bare ?? '');
    if (end !== '\n') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
