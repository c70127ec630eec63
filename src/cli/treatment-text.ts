import type { GuardrailSummary, TreatmentComparison } from '../server/comparison.js';
import { formatCount } from '../stats/index.js';
import { ratio, seconds, table } from './text.js';

/** One treatment as it is told: `slow` is null where nothing asks what is slow. */
interface Told
  extends Pick<TreatmentComparison, 'treatment' | 'errors' | 'verdict' | 'reasons' | 'explanation'> {
  readonly slow: TreatmentComparison['slow'] | null;
}

/** The verdict on one treatment, its figures and its sentences. */
export function describeTreatment(told: Told, control: string): string {
  const { treatment, errors, slow, verdict, reasons, explanation } = told;
  const rows = [
    ['', 'by', 'ratio', 'low', 'high', 'harm', 'safe'],
    ['errors', ...guardrail(errors)],
    ...(slow === null
      ? []
      : [
          [
            `slower than ${slow.threshold === null ? '(not set yet)' : seconds(slow.threshold)}`,
            ...guardrail(slow),
          ],
        ]),
  ];
  return [
    `${treatment} against ${control}: ${shout(verdict, reasons)}`,
    table(rows, '  '),
    ...explanation.map((line) => `  ${line}`),
  ].join('\n');
}

function guardrail({ method, ratio: value, low, high, logEHarm, logESafe }: GuardrailSummary): string[] {
  const by = method === null ? '-' : method === 'requests' ? 'requests' : 'units';
  return [by, ratio(value), ratio(low), high === null ? '-' : ratio(high), odds(logEHarm), odds(logESafe)];
}

/** The e-value as odds, from its natural logarithm. */
function odds(ln: number | null): string {
  if (ln === null) return '-';
  if (ln > Math.log(1e6)) return '> 1,000,000 : 1';
  const value = Math.exp(ln);
  return `${value >= 10 ? formatCount(Math.round(value)) : Number(value.toPrecision(2))} : 1`;
}

/** The verdict in capitals, with why it holds. */
export function shout(verdict: TreatmentComparison['verdict'], reasons: readonly string[]): string {
  const word = verdict.replace('-', ' ').toUpperCase();
  return reasons.length === 0 ? word : `${word} (${reasons.join(', ')})`;
}
