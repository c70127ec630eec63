import { type Batch, createRejections } from '../batch.js';
import { type Draft, draftLogRecord } from '../drafts.js';
import { spanIdOrNone, traceIdOrNone } from '../ids.js';
import type { LogRecord } from '../model.js';
import { finishBatch, logRecordProblem } from '../record-checks.js';
import { readAttributes, valueText } from './common.js';
import { readEnvelope } from './envelope.js';
import type { JsonMessage } from './message.js';

const NAMES = {
  request: 'ExportLogsServiceRequest',
  resources: 'resourceLogs',
  scopes: 'scopeLogs',
  records: 'logRecords',
} as const;

/**
 * Decodes an ExportLogsServiceRequest; the same rows as from protobuf.
 *
 * @throws OtlpDecodeError
 */
export function decodeLogsJson(body: Uint8Array): Batch<LogRecord> {
  const rows: LogRecord[] = [];
  const rejections = createRejections('log records');
  readEnvelope(body, NAMES, (from, resource, scope) => {
    const record = draftLogRecord(resource, scope);
    readLogRecord(from, record);
    const problem = logRecordProblem(record);
    if (problem === undefined) rows.push(record);
    else rejections.add(problem);
  });
  return finishBatch(rows, rejections);
}

function readLogRecord(from: JsonMessage, record: Draft<LogRecord>): void {
  record.timeUnixNano = from.uint64('timeUnixNano');
  record.observedTimeUnixNano = from.uint64('observedTimeUnixNano');
  record.traceId = traceIdOrNone(from.id('traceId'));
  record.spanId = spanIdOrNone(from.id('spanId'));
  record.flags = from.uint32('flags');
  record.severityNumber = from.int32('severityNumber');
  record.severityText = from.string('severityText');
  record.body = valueText(from.message('body'));
  record.eventName = from.string('eventName');
  record.attributes = readAttributes(from, 'attributes');
}
