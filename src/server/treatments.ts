import type { EpochUnits } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { evidenceOf, type Treatment } from './evidence.js';
import type { Sample } from './sample-result.js';
import { type Noted, type SeenUnits, withUnits } from './units.js';

/**
 * The variants to be compared with the control.
 *
 * @param others all variants but the control
 * @throws BackendError `unknown-treatment` where none is the one asked for, `bad-request` where that is the control
 */
export function chooseTreatments(
  others: readonly string[],
  control: string,
  asked: string | undefined,
): readonly string[] {
  if (asked === undefined) return others;
  if (others.includes(asked)) return [asked];
  if (asked === control) {
    throw new BackendError('bad-request', `treatment must be another variant than the control, ${control}.`);
  }
  throw new BackendError(
    'unknown-treatment',
    `No operation had the treatment ${JSON.stringify(asked)}. Seen beside the control ${control}: ${others.join(', ') || 'none'}.`,
  );
}

/** All that the verdict on a treatment rests on. */
export function treatmentEvidence(input: Treatment, units: SeenUnits | null, sample: Sample): Noted {
  const noted = withUnits(evidenceOf(input), input, units);
  if (sample.kind !== 'counted') return noted;
  return { ...noted, evidence: { ...noted.evidence, epochs: sample.tested.map(epochUnits) } };
}

function epochUnits({ epoch, allocation, exposed }: EpochUnits): EpochUnits {
  return { epoch, allocation, exposed };
}
