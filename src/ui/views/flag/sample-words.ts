import type { SampleRatioTest } from '../../../server/comparison.js';
import { checkEpochs } from '../../../stats/checked-epochs.js';
import { testSampleRatio } from '../../../stats/sample-ratio.js';
import { oddsWords } from '../../parts/odds-words.js';

/** What the test of the units says, as the verdict takes it: below 1,000 to 1 nothing is wrong. */
export function sampleWords(tested: SampleRatioTest['tested']): string {
  const epochs = tested.map(({ epoch, allocation, exposed }) => ({ epoch, allocation, exposed }));
  const result = testSampleRatio(checkEpochs({ epochs }));
  if (result === null) return 'Not enough units for a test yet.';
  const odds = oddsWords(result.logE);
  if (!result.isMismatch)
    return `Units follow their allocation: ${odds} against it (1,000 to 1 would hold the release).`;
  if (result.unexpected.length > 0)
    return 'Mismatch: units saw variants that the allocation gives to nobody.';
  return `Mismatch: units do not follow their allocation, ${odds} against chance.`;
}
