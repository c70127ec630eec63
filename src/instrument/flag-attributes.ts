import { type Attributes, type Context, context, trace } from '@opentelemetry/api';
import { isDisabled, takeFault } from '../core/faults.js';
import { expected } from '../core/options.js';
import { getRpcMetadata } from '../core/rpc-metadata.js';
import { peekScope, peekScopeOfRpc } from '../core/scope.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from '../core/semconv.js';
import { isLeftBehind } from './left-behind.js';

const PART = 'the View of http.server.request.duration';

/** An attributes processor of OpenTelemetry's Views; the SDK's type, without the SDK. */
interface FlagAttributesProcessor {
  process(incoming: Attributes, recorded?: Context): Attributes;
}

/**
 * Attributes processor for a View of your own: adds `feature_flags.<key>` with the variant that the request in
 * progress got, for the flags named and no others. On `http.server.request.duration` it works for unsampled
 * requests too. `telltaleViews({ httpFlags })` makes the whole View.
 *
 * @param flags Keys; each multiplies the metric's series by its variants.
 * @throws TypeError where no key is given, or two keys would be one label in Prometheus.
 *
 * @example
 * ```ts
 * import { createFlagAttributesProcessor } from 'telltale/node';
 *
 * const view = {
 *   instrumentName: 'http.server.request.duration',
 *   attributesProcessors: [createFlagAttributesProcessor(['new-checkout'])],
 * };
 * ```
 */
export function createFlagAttributesProcessor(flags: readonly string[]): FlagAttributesProcessor {
  const caller = 'createFlagAttributesProcessor: the list of flags';
  checkHttpFlags(caller, flags);
  if (flags.length === 0) throw expected(caller, 'an array of at least one flag key', flags);
  const names = flags.map((key) => [key, ATTR_PREFIX_FEATURE_FLAGS + key] as const);
  return {
    process(incoming: Attributes, recorded?: Context): Attributes {
      if (isDisabled(PART)) return incoming;
      try {
        const found = variantsOf(names, recorded ?? context.active());
        return found === undefined ? incoming : { ...incoming, ...found };
      } catch (error) {
        takeFault(PART, error);
        return incoming;
      }
    },
  };
}

function variantsOf(
  names: readonly (readonly [key: string, attribute: string])[],
  recorded: Context,
): Attributes | undefined {
  // The instrumentation records in the context it made before any middleware ran; the running scope may by then be
  // that of another request.
  const rpc = getRpcMetadata(recorded);
  const scope = rpc === undefined ? peekScope(recorded) : peekScopeOfRpc(rpc);
  if (scope === undefined) return undefined;
  if (rpc === undefined && isLeftBehind(scope, trace.getSpanContext(recorded)?.traceId)) return undefined;
  let found: Attributes | undefined;
  for (const [key, attribute] of names) {
    const variant = scope.flags.get(key)?.variant.name;
    if (variant === undefined) continue;
    found ??= {};
    found[attribute] = variant;
  }
  return found;
}

/**
 * Refuses what is no list of flag keys, and keys that an exporter would write as one.
 *
 * @param option As messages name it.
 */
export function checkHttpFlags(option: string, flags: unknown): asserts flags is readonly string[] {
  if (!Array.isArray(flags) || !flags.every((key) => typeof key === 'string' && key !== '')) {
    throw expected(option, 'an array of flag keys', flags);
  }
  const labels = new Map<string, string>();
  for (const key of new Set<string>(flags)) {
    // As Prometheus exporters escape what is no letter or digit, and make one underscore of several.
    const label = (ATTR_PREFIX_FEATURE_FLAGS + key).replace(/[^a-zA-Z0-9]+/g, '_');
    const other = labels.get(label);
    if (other !== undefined) {
      throw new TypeError(
        `${option}: "${other}" and "${key}" would both be the label "${label}" in Prometheus, and ` +
          'their counts one; name only one of them.',
      );
    }
    labels.set(label, key);
  }
}
