import type { Judgement } from '../stats/index.js';
import type { BackendErrorCode } from '../store/backend-error.js';

/**
 * What a command ends with. 64, 69 and 70 are those of sysexits.h; 1 and 2 are never used, because a crash of
 * Node or a shell ends with them, and a pipeline must not take a crash for a verdict.
 */
export const EXIT = {
  /** Done; where the code is the verdict: roll forward. */
  ok: 0,
  rollBack: 10,
  hold: 20,
  usage: 64,
  unavailable: 69,
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a verdict ends with, where the code is the verdict. */
export const EXIT_BY_VERDICT: Readonly<Record<Judgement['verdict'], ExitCode>> = {
  'roll-forward': EXIT.ok,
  'roll-back': EXIT.rollBack,
  hold: EXIT.hold,
};

/** What a command ends with that failed. */
const BY_ERROR: Readonly<Record<BackendErrorCode, ExitCode>> = {
  'engine-missing': EXIT.unavailable,
  'data-dir-in-use': EXIT.unavailable,
  'data-dir-unusable': EXIT.unavailable,
  'clickhouse-unreachable': EXIT.unavailable,
  'schema-newer': EXIT.unavailable,
  'schema-unusable': EXIT.unavailable,
  'package-missing': EXIT.unavailable,
  'cannot-listen': EXIT.unavailable,
  unavailable: EXIT.unavailable,
  unauthorized: EXIT.unavailable,
  forbidden: EXIT.unavailable,
  'bad-request': EXIT.usage,
  'unknown-flag': EXIT.usage,
  'unknown-treatment': EXIT.usage,
  usage: EXIT.usage,
  'queue-full': EXIT.internal,
  'not-found': EXIT.internal,
  'method-not-allowed': EXIT.internal,
  'too-large': EXIT.internal,
  overloaded: EXIT.internal,
  conflict: EXIT.internal,
  'bad-signature': EXIT.internal,
  internal: EXIT.internal,
};

export function exitCodeOf(error: BackendErrorCode): ExitCode {
  return BY_ERROR[error];
}
