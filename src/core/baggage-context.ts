import { type Context, propagation } from '@opentelemetry/api';
import { takeFault } from './faults.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from './semconv.js';

/**
 * A context whose baggage has no flags, or `undefined` where `active` has none. OpenTelemetry's baggage propagator
 * puts what an incoming request brought into the context, and from there into every outgoing one, to strangers too.
 */
export function withoutFlagBaggage(active: Context): Context | undefined {
  try {
    const baggage = propagation.getBaggage(active);
    const names = (baggage?.getAllEntries() ?? [])
      .map(([name]) => name)
      .filter((name) => name.startsWith(ATTR_PREFIX_FEATURE_FLAGS));
    if (baggage === undefined || names.length === 0) return undefined;
    return propagation.setBaggage(active, baggage.removeEntries(...names));
  } catch (error) {
    // Never turned off: no stranger gets a flag, however often this fails.
    takeFault("the baggage of OpenTelemetry's context", error);
    return undefined;
  }
}
