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
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  SummaryPoint,
  SummaryQuantile,
} from '../model.js';
import { addExemplar } from '../record-checks.js';
import type { WireReader } from '../wire.js';
import { readAttributes } from './attributes.js';

export function readNumberPoint(reader: WireReader): NumberPointDraft {
  const point = draftNumberPoint();
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        point.startTimeUnixNano = reader.fixed64();
        break;
      case 3:
        point.timeUnixNano = reader.fixed64();
        break;
      case 4:
        point.value = reader.double();
        break;
      case 5:
        addExemplar(point.exemplars, reader.message(readExemplar, undefined));
        break;
      case 6:
        point.value = reader.sfixed64Number();
        break;
      case 7:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 8:
        point.flags = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
  point.attributes = readAttributes(reader, notes);
  return point;
}

export function readHistogramPoint(reader: WireReader): Draft<HistogramPoint> {
  const point = draftHistogramPoint();
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        point.startTimeUnixNano = reader.fixed64();
        break;
      case 3:
        point.timeUnixNano = reader.fixed64();
        break;
      case 4:
        point.count = reader.fixed64Number();
        break;
      case 5:
        point.sum = reader.double();
        break;
      case 6:
        reader.fixed64Numbers(point.bucketCounts);
        break;
      case 7:
        reader.doubles(point.explicitBounds);
        break;
      case 8:
        addExemplar(point.exemplars, reader.message(readExemplar, undefined));
        break;
      case 9:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 10:
        point.flags = reader.uint32();
        break;
      case 11:
        point.min = reader.double();
        break;
      case 12:
        point.max = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  point.attributes = readAttributes(reader, notes);
  return point;
}

export function readExponentialPoint(reader: WireReader): Draft<ExponentialHistogramPoint> {
  const point = draftExponentialPoint();
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 2:
        point.startTimeUnixNano = reader.fixed64();
        break;
      case 3:
        point.timeUnixNano = reader.fixed64();
        break;
      case 4:
        point.count = reader.fixed64Number();
        break;
      case 5:
        point.sum = reader.double();
        break;
      case 6:
        point.scale = reader.sint32();
        break;
      case 7:
        point.zeroCount = reader.fixed64Number();
        break;
      case 8:
        point.positive = reader.message(readBuckets, point.positive);
        break;
      case 9:
        point.negative = reader.message(readBuckets, point.negative);
        break;
      case 10:
        point.flags = reader.uint32();
        break;
      case 11:
        addExemplar(point.exemplars, reader.message(readExemplar, undefined));
        break;
      case 12:
        point.min = reader.double();
        break;
      case 13:
        point.max = reader.double();
        break;
      case 14:
        point.zeroThreshold = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  point.attributes = readAttributes(reader, notes);
  return point;
}

function readBuckets(reader: WireReader, before: ExponentialBuckets): ExponentialBuckets {
  const bucketCounts = [...before.bucketCounts];
  let { offset } = before;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint32();
    else if (reader.field === 2) reader.uint64Numbers(bucketCounts);
    else reader.skip();
  }
  return { offset, bucketCounts };
}

export function readSummaryPoint(reader: WireReader): Draft<SummaryPoint> {
  const point = draftSummaryPoint();
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        point.startTimeUnixNano = reader.fixed64();
        break;
      case 3:
        point.timeUnixNano = reader.fixed64();
        break;
      case 4:
        point.count = reader.fixed64Number();
        break;
      case 5:
        point.sum = reader.double();
        break;
      case 6:
        point.quantiles.push(reader.message(readQuantile, undefined));
        break;
      case 7:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 8:
        point.flags = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
  point.attributes = readAttributes(reader, notes);
  return point;
}

function readQuantile(reader: WireReader): SummaryQuantile {
  let quantile = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
    else reader.skip();
  }
  return { quantile, value };
}

function readExemplar(reader: WireReader): ExemplarDraft {
  const exemplar = draftExemplar();
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        exemplar.timeUnixNano = reader.fixed64();
        break;
      case 3:
        exemplar.value = reader.double();
        break;
      case 4:
        exemplar.spanId = spanIdOrNone(reader.hex());
        break;
      case 5:
        exemplar.traceId = traceIdOrNone(reader.hex());
        break;
      case 6:
        exemplar.value = reader.sfixed64Number();
        break;
      case 7:
        notes.push(reader.messageStart(), reader.position);
        break;
      default:
        reader.skip();
    }
  }
  exemplar.attributes = readAttributes(reader, notes);
  return exemplar;
}
