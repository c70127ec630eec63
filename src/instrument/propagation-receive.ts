import type { IncomingHttpHeaders } from 'node:http';
import { entriesOf, isFlagEntry, keyOf, parseEntry } from '../core/baggage-header.js';
import { countDrop } from '../core/drops.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { internFlag, internVariant } from '../core/flags.js';
import type { Scope } from '../core/scope.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { capped } from '../core/words.js';
import { watchRequests } from './propagation.js';

const PART = 'the baggage of an incoming request';

/**
 * Adds the flags that an upstream service sent with a request to its scope, where the settings say so. Only flags
 * that the settings name, and only as many bytes as would be sent; the rest is for whoever wrote it.
 */
export function receiveFlags(scope: Scope, headers: IncomingHttpHeaders): void {
  if (isDisabled(PART)) return;
  try {
    const header = String(headers['baggage'] ?? '');
    if (!header.includes(ATTR_PREFIX_FEATURE_FLAGS)) return;
    // Propagators pass on what came in, to strangers too, and find it where no context of ours is: in listeners
    // that an instrumentation bound to the request.
    watchRequests();
    if (settings().baggage.receive) receiveEntries(scope, header);
  } catch (error) {
    takeFault(PART, error);
  }
}

function receiveEntries(scope: Scope, header: string): void {
  const { baggage, limits } = settings();
  // The first entry has no comma before it.
  let bytes = -1;
  for (const entry of entriesOf(header)) {
    if (!isFlagEntry(entry)) continue;
    const key = keyOf(entry);
    if (key !== undefined && !baggage.flags.includes(key)) continue;
    bytes += entry.length + 1;
    if (bytes > limits.baggageBytes) {
      countDrop(
        'baggage_bytes',
        () => `at most ${limits.baggageBytes} bytes of a request's flags are read; the rest is left out.`,
      );
      return;
    }
    receiveEntry(scope, entry);
  }
}

function receiveEntry(scope: Scope, entry: string): void {
  const received = parseEntry(entry);
  if (received === undefined) {
    countDrop(
      'baggage_malformed',
      () => `expected feature_flags.<key>=<variant> in baggage, got ${JSON.stringify(entry.slice(0, 100))}.`,
    );
    return;
  }
  const flag = internFlag(received.key);
  if (flag === undefined) return;
  const version = received.version === undefined ? undefined : capped(received.version);
  scope.receive(internVariant(flag, received.variant), received.assignment, version);
}
