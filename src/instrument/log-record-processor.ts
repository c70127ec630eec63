import { type Context, context } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { isDisabled, takeFault } from '../core/faults.js';
import { peekScope } from '../core/scope.js';
import { SCOPE_NAME } from '../core/version.js';
import { isLeftBehind } from './left-behind.js';

const PART = 'the log record processor';

type EmittedRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/**
 * Log record processor that writes `feature_flags.<key>` on every log record emitted in an operation, with the
 * variants evaluated so far; not on Telltale's own records, which name their flag themselves. Records emitted after
 * the operation's end have them as long as they are of its trace. It exports nothing: put it *before* the exporting
 * processor, because a record is closed once all processors have seen it and a simple processor exports it at once.
 */
export class FeatureFlagLogRecordProcessor implements LogRecordProcessor {
  onEmit(record: EmittedRecord, active?: Context): void {
    if (isDisabled(PART) || record.instrumentationScope.name === SCOPE_NAME) return;
    try {
      const scope = peekScope(active ?? context.active());
      if (scope === undefined || isLeftBehind(scope, record.spanContext?.traceId)) return;
      for (const [name, variant] of scope.attributes) {
        // What the application wrote itself stays.
        if (record.attributes[name] === undefined) record.setAttribute(name, variant);
      }
    } catch (error) {
      takeFault(PART, error);
    }
  }

  /** Wants no records for itself, so that it alone does not make the SDK build them. */
  enabled(): boolean {
    return false;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
