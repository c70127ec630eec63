import type { Attributes } from '@opentelemetry/api';
import type { Variant } from '../core/flags.js';
import { ATTR_FEATURE_FLAG_KEY, ATTR_FEATURE_FLAG_RESULT_VARIANT } from '../core/semconv.js';

/** What every metric says of a variant: its flag's key, and its name where it has one. */
export function variantAttributes({ flag, name }: Variant): Attributes {
  const attributes: Attributes = { [ATTR_FEATURE_FLAG_KEY]: flag.key };
  if (name !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VARIANT] = name;
  return attributes;
}
