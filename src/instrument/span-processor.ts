import { type Context, SpanKind } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { isDisabled, takeFault } from '../core/faults.js';
import { spanFlagLimit } from '../core/limits.js';
import { peekScope } from '../core/scope.js';
import { settings } from '../core/settings.js';

type StartedSpan = Parameters<SpanProcessor['onStart']>[0];

/**
 * Span processor that writes `feature_flags.<key>` on every span started in an operation after the flag was
 * evaluated, so that a slow query can be told by variant. The entry span is not its business: the flags of an
 * operation are written there at once, by the hook. It exports nothing; add it beside the exporting processor.
 */
export class FeatureFlagSpanProcessor implements SpanProcessor {
  onStart(span: StartedSpan, parentContext: Context): void {
    if (isDisabled() || span.kind === SpanKind.SERVER || span.kind === SpanKind.CONSUMER) return;
    try {
      const scope = peekScope(parentContext);
      if (scope === undefined || scope.attributes.size === 0) return;
      let room = spanFlagLimit(span, settings().limits.spanFlags);
      for (const [name, variant] of scope.attributes) {
        if (room === 0) return;
        room -= 1;
        span.setAttribute(name, variant);
      }
    } catch (error) {
      takeFault('the span processor', error);
    }
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
