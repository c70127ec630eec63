import { context } from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import { LIMIT_RANGES } from '../core/limits.js';
import { currentLogger } from '../core/loggers.js';
import { EVENT_FEATURE_FLAG_EVALUATION, OVERFLOW } from '../core/semconv.js';
import { emitEvaluationRecord } from './evaluation-record.js';
import { warnOnce } from './guard.js';
import { addToPage, isRecorded } from './page.js';
import type { RecordOptions } from './record-options.js';

const MAX_LENGTH = LIMIT_RANGES.nameLength.standard;

/** Writes what an evaluation writes on a page: the page's scope, and the log record where `options` ask for it. */
export function writeEvaluation(evaluation: Evaluation, options: RecordOptions): void {
  const { key, errorType } = evaluation;
  if (!isUsable(key)) return;
  const variant = bounded(key, evaluation.variant);
  const flag = addToPage(key, variant);
  const { records } = options;
  if (records === 'off') return;
  if (records === 'once-per-scope' && (flag === undefined || isRecorded(flag, { variant, errorType })))
    return;
  // Where the page's telemetry starts after its first flags, the next evaluation of each has the record.
  const logger = currentLogger(EVENT_FEATURE_FLAG_EVALUATION);
  if (logger === undefined) return;
  if (records === 'once-per-scope') flag?.recorded.push({ variant, errorType });
  emitEvaluationRecord(logger, evaluation, variant, options, context.active());
}

function isUsable(key: string): boolean {
  // Pages are written in JavaScript too.
  if (typeof key === 'string' && key.length > 0 && key.length <= MAX_LENGTH) return true;
  warnOnce('key', () => {
    const given = typeof key === 'string' ? `${key.length}` : `a ${typeof key}`;
    return `a flag key has to have 1 to ${MAX_LENGTH} characters, got ${given}; left out.`;
  });
  return false;
}

function bounded(key: string, variant: string | undefined): string | undefined {
  if (variant === undefined || variant.length <= MAX_LENGTH) return variant;
  warnOnce(
    'variant',
    () =>
      `a variant of "${key}" has ${variant.length} characters, expected at most ${MAX_LENGTH}; ` +
      `it is written as "${OVERFLOW}".`,
  );
  return OVERFLOW;
}
