import type { Evaluation } from '../../src/core/evaluation.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { endHttpOperation, type HttpEnd } from '../../src/instrument/http-operation.js';
import type { RecordOptions } from '../../src/instrument/record-options.js';

export const EVALUATION: Evaluation = {
  key: 'flag',
  variant: 'on',
  reason: 'split',
  assignment: 'assigned',
  provider: 'test',
  setId: undefined,
  version: undefined,
  errorType: undefined,
  errorMessage: undefined,
  value: true,
  targetingKey: undefined,
};

/** A hook whose records are switched off. */
export const RECORDS_OFF: RecordOptions = { records: 'off', values: false, errorMessages: false };

export const END: HttpEnd = {
  method: 'GET',
  route: '/',
  statusCode: 200,
  errorName: undefined,
  aborted: false,
  eventStream: false,
};

/** An evaluation in whatever runs, as an SDK does it whose evaluations are synchronous. */
export function evaluate(key = 'flag', variant = 'on'): void {
  recordEvaluation({ ...EVALUATION, key, variant }, RECORDS_OFF);
}

/** One request that evaluates one flag, and then does `work`. */
export function serve(
  evaluation: Partial<Evaluation>,
  end: Partial<HttpEnd> = {},
  work: () => void = () => {},
): void {
  const scope = new Scope(undefined, undefined);
  runInScope(scope, () => {
    recordEvaluation({ ...EVALUATION, ...evaluation }, RECORDS_OFF);
    work();
  });
  endHttpOperation(scope, { ...END, ...end });
}

/** Runs `fn` in an operation that evaluated these flags. */
export function inOperation(variants: Readonly<Record<string, string>>, fn: () => void): void {
  runInScope(new Scope(undefined, undefined), () => {
    for (const [key, variant] of Object.entries(variants)) {
      recordEvaluation({ ...EVALUATION, key, variant }, RECORDS_OFF);
    }
    fn();
  });
}
