import { type Context, diag, SpanKind } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { isDisabled, takeFault } from '../core/faults.js';
import { spanFlagLimit } from '../core/limits.js';
import { checkOptions, expected } from '../core/options.js';
import { peekScope } from '../core/scope.js';
import { settings } from '../core/settings.js';
import { isLeftBehind } from './left-behind.js';

const PART = 'the span processor';

type StartedSpan = Parameters<SpanProcessor['onStart']>[0];

/** Options of {@link FeatureFlagSpanProcessor}. */
export interface FeatureFlagSpanProcessorOptions {
  /**
   * Which of an operation's child spans have its variants: `true`, all; `false`, none; or a function that is asked as
   * each starts, with what it has then: name, kind, first attributes. One that throws is not asked again, and no
   * child span has variants from then on.
   *
   * @default true
   */
  readonly childSpans?: boolean | ((span: StartedSpan) => boolean);
}

/**
 * Span processor that writes `feature_flags.<key>` on every span started in an operation after the flag was
 * evaluated, so that a slow query can be told by variant. The entry span is not its business: the flags of an
 * operation are written there at once, by the hook. Spans started after the operation's end have them as long as they
 * are of its trace. It exports nothing; add it beside the exporting processor.
 *
 * @example
 * ```ts
 * import { SpanKind } from '@opentelemetry/api';
 * import { FeatureFlagSpanProcessor } from 'telltale/node';
 *
 * // Calls to other services only.
 * new FeatureFlagSpanProcessor({ childSpans: (span) => span.kind === SpanKind.CLIENT });
 * ```
 */
export class FeatureFlagSpanProcessor implements SpanProcessor {
  #wants: (span: StartedSpan) => boolean;

  /** @throws TypeError where an option is unknown or wrong. */
  constructor(options: FeatureFlagSpanProcessorOptions = {}) {
    checkOptions('FeatureFlagSpanProcessor', options, ['childSpans']);
    const { childSpans = true } = options;
    checkChildSpans('FeatureFlagSpanProcessor: option "childSpans"', childSpans);
    this.#wants = typeof childSpans === 'function' ? childSpans : () => childSpans;
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    if (isDisabled(PART) || span.kind === SpanKind.SERVER || span.kind === SpanKind.CONSUMER) return;
    try {
      const scope = peekScope(parentContext);
      if (scope === undefined || scope.attributes.size === 0) return;
      if (isLeftBehind(scope, span.spanContext().traceId) || !this.#isWanted(span)) return;
      let room = spanFlagLimit(span, settings().limits.spanFlags);
      for (const [name, variant] of scope.attributes) {
        if (room === 0) return;
        room -= 1;
        // What the application wrote itself stays.
        if (span.attributes[name] === undefined) span.setAttribute(name, variant);
      }
    } catch (error) {
      takeFault(PART, error);
    }
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #isWanted(span: StartedSpan): boolean {
    try {
      return this.#wants(span);
    } catch (error) {
      // The application's fault, which must not count as ours: those switch everything off.
      this.#wants = () => false;
      diag.error(
        'telltale: option "childSpans" threw; child spans have no flags from now on. Mend the function.',
        error,
      );
      return false;
    }
  }
}

/**
 * Refuses what cannot say which child spans have variants.
 *
 * @param option As messages name it.
 */
export function checkChildSpans(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean' || typeof value === 'function') return;
  throw expected(option, 'true, false, or a function of a span that gives one of them', value);
}
