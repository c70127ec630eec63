import type { EpochExposure } from './checked-epochs.js';
export interface SampleRatio {
  readonly logE: number;
  readonly isMismatch: boolean;
}
export function testSampleRatio(_epochs: readonly EpochExposure[]): SampleRatio | null {
  return null;
}
