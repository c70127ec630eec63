import type { TreatmentComparison } from '../comparison.js';
import { noticeId, type VerdictTurn } from './notice.js';
import { type KnownVerdict, keyOf, type NotedVerdict } from './notice-store.js';
import type { LookedAt } from './verdict-look.js';

/** A verdict that turns to and fro is told so often within an hour, and then where it stands once there is room again. */
const MAX_TOLD_AN_HOUR = 4;

export interface TurnRules {
  /** What is remembered. */
  readonly known: ReadonlyMap<string, KnownVerdict>;
  /** Whether not all was looked at yet: what was before anybody looked is remembered, and is no news. */
  readonly isBaseline: boolean;
  /** Where the flag's comparison is. */
  readonly linkTo: (flag: string, environment: string) => string;
  readonly onWithheld: () => void;
}

/**
 * What is to be remembered of a comparison, and told of it. A flag that was never seen is taken to come from `hold`.
 *
 * @param now Unix seconds
 */
export function verdictTurns(
  { comparison, environment }: LookedAt,
  { known, isBaseline, linkTo, onWithheld }: TurnRules,
  now: number,
): NotedVerdict[] {
  const { flag, control } = comparison;
  return comparison.comparisons.flatMap((compared): NotedVerdict[] => {
    const { treatment, verdict } = compared;
    const key = { flag, treatment, environment };
    const before = known.get(keyOf(key));
    if (before?.verdict === verdict) return [];
    const from = before?.verdict ?? 'hold';
    const id = noticeId('verdict', flag, treatment, environment, from, verdict, before?.id ?? '');
    if (before === undefined && (isBaseline || verdict === 'hold')) {
      return [{ ...key, id, verdict, turn: undefined }];
    }
    if ((before?.told ?? 0) >= MAX_TOLD_AN_HOUR) {
      onWithheld();
      return [];
    }
    const turn: VerdictTurn = {
      ...{ kind: 'verdict', id, time: new Date(now * 1000).toISOString(), flag, control, treatment },
      ...{ environment: environment || null, from, to: verdict, evidence: decidingSentence(compared) },
      ...{ explanation: compared.explanation, link: linkTo(flag, environment) },
    };
    return [{ ...key, id, verdict, turn }];
  });
}

/** Of a roll-back that of the guardrail with the more evidence of harm, else the first one. */
function decidingSentence({ verdict, errors, slow, explanation }: TreatmentComparison): string {
  const isSlow = verdict === 'roll-back' && (slow.logEHarm ?? 0) > (errors.logEHarm ?? 0);
  const first = explanation[0] ?? '';
  return isSlow ? (explanation.find((text) => text.startsWith('control was slower')) ?? first) : first;
}
