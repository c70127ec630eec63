import {
  type Draft,
  draftExemplar,
  draftExponentialPoint,
  draftHistogramPoint,
  draftNumberPoint,
  draftSummaryPoint,
  type ExemplarDraft,
  type NumberPointDraft,
} from '../drafts.js';
import { spanIdOrNone, traceIdOrNone } from '../ids.js';
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from '../model.js';
import { addExemplar } from '../record-checks.js';
import { readAttributes } from './common.js';
import type { JsonMessage } from './message.js';

export function readNumberPoint(from: JsonMessage): NumberPointDraft {
  const point = draftNumberPoint();
  readBase(from, point);
  point.value = from.double('asDouble') ?? from.int64Number('asInt');
  point.exemplars = readExemplars(from);
  return point;
}

export function readHistogramPoint(from: JsonMessage): Draft<HistogramPoint> {
  const point = draftHistogramPoint();
  readBase(from, point);
  readTotals(from, point);
  point.bucketCounts = from.counts('bucketCounts');
  point.explicitBounds = from.doubles('explicitBounds');
  point.exemplars = readExemplars(from);
  return point;
}

export function readExponentialPoint(from: JsonMessage): Draft<ExponentialHistogramPoint> {
  const point = draftExponentialPoint();
  readBase(from, point);
  readTotals(from, point);
  point.scale = from.int32('scale');
  point.zeroCount = from.count('zeroCount');
  point.zeroThreshold = from.double('zeroThreshold') ?? 0;
  point.positive = readBuckets(from.message('positive')) ?? point.positive;
  point.negative = readBuckets(from.message('negative')) ?? point.negative;
  point.exemplars = readExemplars(from);
  return point;
}

export function readSummaryPoint(from: JsonMessage): Draft<SummaryPoint> {
  const point = draftSummaryPoint();
  readBase(from, point);
  point.count = from.count('count');
  point.sum = from.double('sum') ?? 0;
  point.quantiles = from.messages('quantileValues').map((item) => ({
    quantile: item.double('quantile') ?? 0,
    value: item.double('value') ?? 0,
  }));
  return point;
}

type Base = Pick<Draft<NumberPoint>, 'attributes' | 'startTimeUnixNano' | 'timeUnixNano' | 'flags'>;

function readBase(from: JsonMessage, point: Base): void {
  point.attributes = readAttributes(from, 'attributes');
  point.startTimeUnixNano = from.uint64('startTimeUnixNano');
  point.timeUnixNano = from.uint64('timeUnixNano');
  point.flags = from.uint32('flags');
}

function readTotals(
  from: JsonMessage,
  point: Pick<Draft<HistogramPoint>, 'count' | 'sum' | 'min' | 'max'>,
): void {
  point.count = from.count('count');
  point.sum = from.double('sum');
  point.min = from.double('min');
  point.max = from.double('max');
}

function readBuckets(from: JsonMessage | undefined): ExponentialBuckets | undefined {
  if (from === undefined) return undefined;
  return { offset: from.int32('offset'), bucketCounts: from.counts('bucketCounts') };
}

function readExemplars(from: JsonMessage): Exemplar[] {
  const exemplars: Exemplar[] = [];
  for (const item of from.messages('exemplars')) addExemplar(exemplars, readExemplar(item));
  return exemplars;
}

function readExemplar(from: JsonMessage): ExemplarDraft {
  const exemplar = draftExemplar();
  exemplar.attributes = readAttributes(from, 'filteredAttributes');
  exemplar.timeUnixNano = from.uint64('timeUnixNano');
  exemplar.value = from.double('asDouble') ?? from.int64Number('asInt');
  exemplar.traceId = traceIdOrNone(from.id('traceId'));
  exemplar.spanId = spanIdOrNone(from.id('spanId'));
  return exemplar;
}
