import { type Context, context, trace } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import type { Evaluation, EvaluationRecords } from '../core/evaluation.js';
import { internFlag, internVariant, type Variant } from '../core/flags.js';
import { currentScope, isSeen, isUnsampled, type Scope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { Unit } from '../core/unit.js';
import { countEvaluation } from './evaluation-counts.js';
import { emitEvaluationRecord } from './evaluation-record.js';
import { attachInstruments } from './instruments.js';
import { addLaunchDarklyEvent } from './launchdarkly-event.js';
import type { RecordOptions } from './record-options.js';

/**
 * Writes what an evaluation writes: the counter, the scope with the entry span's attribute, and the log record
 * where `options` ask for it. May throw on an internal fault; hooks catch that.
 */
export function recordEvaluation(evaluation: Evaluation, options: RecordOptions): void {
  // Asked for once: each look at the active context costs as much as counting the evaluation.
  const active = context.active();
  const current = currentScope(active);
  // Work that goes on after the response is of no operation: a timer would write on an ended span for ever.
  const scope = current?.ended === true ? undefined : current;
  if (scope !== undefined && options.records !== 'each' && isRepeated(scope, evaluation)) return;
  const flag = internFlag(evaluation.key, evaluation.errorType !== 'flag_not_found');
  if (flag === undefined) return;
  const variant = internVariant(flag, evaluation.variant);
  attachInstruments();
  const attributes = countEvaluation(variant, evaluation);
  if (scope !== current) {
    countDrop(
      'late_evaluation',
      () => `"${evaluation.key}" was evaluated after its operation ended: counted, not measured.`,
    );
  }
  const change = scope?.add(variant, evaluation.assignment, evaluation.version, evaluation.targetingKey);
  const isNew = scope === undefined ? !isSeenBefore(current, evaluation.key, variant) : change === 'new';
  if (!isNew && options.records !== 'each') return;
  const isRecord = isRecorded(options.records, current, active);
  const isEvent = change === 'new' && settings().profile === 'launchdarkly';
  if (!isRecord && !isEvent) return;
  const unitId = unitIdOf(scope, evaluation.targetingKey);
  if (isEvent) addLaunchDarklyEvent(scope?.span, evaluation, variant.name, unitId);
  if (isRecord) emitEvaluationRecord(evaluation, attributes, unitId, options, active);
}

/**
 * Counts an evaluation that gave what its operation has already; most are such. The flag and variant are then at
 * hand and need not be looked up by name.
 */
function isRepeated(scope: Scope, evaluation: Evaluation): boolean {
  const state = scope.flags.get(evaluation.key);
  // What is received from upstream was not evaluated here yet.
  if (state === undefined || state.count === 0) return false;
  // What is counted under another name, past the limits, goes the long way.
  if (state.variant.name !== evaluation.variant || state.variant.counts === undefined) return false;
  state.count += 1;
  countEvaluation(state.variant, evaluation);
  return true;
}

/** Whether an operation that is over had its record of that variant: one that goes on evaluating writes no more. */
function isSeenBefore(ended: Scope | undefined, key: string, { name }: Variant): boolean {
  const state = ended?.flags.get(key);
  return state !== undefined && isSeen(state, name);
}

function isRecorded(records: EvaluationRecords, scope: Scope | undefined, active: Context): boolean {
  if (records === 'off') return false;
  if (records !== 'sampled') return true;
  if (scope?.span !== undefined) return !scope.isUnsampled;
  // Without a scope the entry span is not known, but the active span was sampled together with it.
  return !isUnsampled(trace.getSpan(active));
}

function unitIdOf(scope: Scope | undefined, targetingKey: string | undefined): string | undefined {
  if (targetingKey === undefined || settings().unitIds === 'off') return undefined;
  const known = scope?.unit?.targetingKey === targetingKey ? scope.unit : undefined;
  return (known ?? new Unit(targetingKey)).id;
}
