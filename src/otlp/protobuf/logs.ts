import { type Batch, createRejections } from '../batch.js';
import { type Draft, draftLogRecord } from '../drafts.js';
import { spanIdOrNone, traceIdOrNone } from '../ids.js';
import type { LogRecord } from '../model.js';
import { finishBatch, logRecordProblem } from '../record-checks.js';
import type { WireReader } from '../wire.js';
import { readAttributes } from './attributes.js';
import { readValueText } from './common.js';
import { readEnvelope } from './envelope.js';

/**
 * Decodes an ExportLogsServiceRequest. Left out on purpose, as the store has no column for it: the count
 * of dropped attributes.
 *
 * @throws OtlpDecodeError
 */
export function decodeLogs(body: Uint8Array): Batch<LogRecord> {
  const rows: LogRecord[] = [];
  const rejections = createRejections('log records');
  readEnvelope(body, (reader, owner) => {
    const record = draftLogRecord(owner.resource, owner.scope);
    readLogRecord(reader, record);
    const problem = logRecordProblem(record);
    if (problem === undefined) rows.push(record);
    else rejections.add(problem);
  });
  return finishBatch(rows, rejections);
}

function readLogRecord(reader: WireReader, record: Draft<LogRecord>): void {
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        record.timeUnixNano = reader.fixed64();
        break;
      case 2:
        record.severityNumber = reader.int32();
        break;
      case 3:
        record.severityText = reader.string();
        break;
      case 5:
        record.body = reader.message(readValueText, undefined);
        break;
      case 6:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 8:
        record.flags = reader.fixed32();
        break;
      case 9:
        record.traceId = traceIdOrNone(reader.hex());
        break;
      case 10:
        record.spanId = spanIdOrNone(reader.hex());
        break;
      case 11:
        record.observedTimeUnixNano = reader.fixed64();
        break;
      case 12:
        record.eventName = reader.string();
        break;
      default:
        reader.skip();
    }
  }
  record.attributes = readAttributes(reader, notes);
}
