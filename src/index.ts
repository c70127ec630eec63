/** `telltale`: what belongs to no flag SDK and no web framework. */
import './instrument/propagation-provider.js';

export type { Assignment, EvaluationRecords } from './core/evaluation.js';
export type { Limits } from './core/limits.js';
export {
  type BaggageOptions,
  configure,
  type Profile,
  type TelltaleOptions,
  type UnitIds,
} from './core/settings.js';
export { type FlagEvaluation, record } from './hooks/record.js';
export { run } from './instrument/run.js';
