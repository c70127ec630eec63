import type { ClientRequest, IncomingMessage } from 'node:http';
import { countDrop } from '../core/drops.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { settings } from '../core/settings.js';
import { scopeOfRequest } from './request-operation.js';

const PART = 'the dd-trace hook';

/** What is used of dd-trace's spans. */
interface TaggableSpan {
  addTags(tags: Readonly<Record<string, string>>): unknown;
}

/** A hook of dd-trace that runs just before the span of a request finishes. */
type RequestHook = (span?: TaggableSpan, request?: IncomingMessage | ClientRequest) => void;

/**
 * Hook for dd-trace that writes the tag `feature_flags.<key>` on the root span of every request that a Telltale
 * middleware has seen, once, just before the span finishes. It takes the place of the entry span's attributes
 * where dd-trace makes the spans and not OpenTelemetry. It never throws, and does nothing for other requests.
 *
 * @throws TypeError where a variable `TELLTALE_*` is wrong.
 *
 * @example
 * ```ts
 * import tracer from 'dd-trace';
 * import { flagTags } from 'telltale/dd-trace';
 *
 * tracer.use('express', { hooks: { request: flagTags() } });
 * ```
 */
export function flagTags(...unexpected: never[]): RequestHook {
  if (unexpected.length > 0) {
    // As dd-trace calls it where the call was forgotten. What is thrown there ends the process.
    countDrop('fault', () => 'flagTags() makes the hook: write { hooks: { request: flagTags() } }.');
  }
  // What is wrong in the environment is said at start.
  settings();
  return function flagTagsHook(span, request): void {
    if (isDisabled(PART) || span === undefined || request === undefined) return;
    try {
      // A client's request is nobody's scope, and just not found.
      const scope = scopeOfRequest(request as IncomingMessage);
      if (scope !== undefined && scope.attributes.size > 0)
        span.addTags(Object.fromEntries(scope.attributes));
    } catch (error) {
      takeFault(PART, error);
    }
  };
}
