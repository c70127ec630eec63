import type { Attributes } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import type { Evaluation } from '../core/evaluation.js';
import { type EvaluationCount, measuredVariant, type Variant } from '../core/flags.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_PROVIDER_NAME,
  ATTR_FEATURE_FLAG_RESULT_REASON,
  OVERFLOW,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { variantAttributes } from './variant-attributes.js';

/** Share of the sets for reasons and providers; the rest is for flags and variants alone. */
const FULL_SHARE = 1 / 2;

// Our own sums behind an observable counter: adding to one costs a tenth of adding to an SDK's counter, and
// a MeterProvider that comes late still gets everything counted before it. Each row is that of one variant.
const rows: EvaluationCount[][] = [];
const overflow: EvaluationCount = cell({ [ATTR_FEATURE_FLAG_KEY]: OVERFLOW }, undefined);
let sets = 1;

/**
 * Counts one evaluation.
 *
 * @returns Its attributes, whether or not they found room in the counter; the same object as often as possible.
 */
export function countEvaluation(evaluated: Variant, evaluation: Evaluation): Attributes {
  const variant = measuredVariant(evaluated);
  let row = variant.counts;
  if (row === undefined) {
    row = [];
    variant.counts = row;
    rows.push(row);
  }
  for (const known of row) {
    if (
      known.reason === evaluation.reason &&
      known.provider === evaluation.provider &&
      known.errorType === evaluation.errorType
    ) {
      known.count += 1;
      return variant === evaluated ? known.attributes : fullAttributes(evaluated, evaluation);
    }
  }
  const added = addCell(row, variant, evaluation);
  added.count += 1;
  const isFull = added.reason !== undefined && variant === evaluated;
  return isFull ? added.attributes : fullAttributes(evaluated, evaluation);
}

/** Calls `observe` with every sum since the process began; for one sum, always with the same attributes object. */
export function eachEvaluationCount(observe: (count: number, attributes: Attributes) => void): void {
  for (const row of rows) for (const { count, attributes } of row) observe(count, attributes);
  if (overflow.count > 0) observe(overflow.count, overflow.attributes);
}

function addCell(row: EvaluationCount[], variant: Variant, evaluation: Evaluation): EvaluationCount {
  const { attributeSets } = settings().limits;
  if (sets < attributeSets * FULL_SHARE) {
    sets += 1;
    const added = cell(fullAttributes(variant, evaluation), evaluation);
    row.push(added);
    return added;
  }
  countDrop(
    'attribute_sets',
    () => `feature_flag.evaluations holds ${attributeSets} attribute sets; new ones lose their reason first.`,
  );
  const bare = row.find((known) => known.reason === undefined);
  if (bare !== undefined) return bare;
  if (sets >= attributeSets) return overflow;
  sets += 1;
  const added = cell(variantAttributes(variant), undefined);
  row.push(added);
  return added;
}

function cell(attributes: Attributes, evaluation: Evaluation | undefined): EvaluationCount {
  return {
    reason: evaluation?.reason,
    provider: evaluation?.provider,
    errorType: evaluation?.errorType,
    attributes,
    count: 0,
  };
}

function fullAttributes(variant: Variant, evaluation: Evaluation): Attributes {
  const attributes = variantAttributes(variant);
  attributes[ATTR_FEATURE_FLAG_RESULT_REASON] = evaluation.reason;
  if (evaluation.provider !== undefined) attributes[ATTR_FEATURE_FLAG_PROVIDER_NAME] = evaluation.provider;
  if (evaluation.errorType !== undefined) attributes[ATTR_ERROR_TYPE] = evaluation.errorType;
  return attributes;
}
