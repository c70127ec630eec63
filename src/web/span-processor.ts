import type { Attributes, Span } from '@opentelemetry/api';
import { LIMIT_RANGES, spanFlagLimit } from '../core/limits.js';
import { guarded, warnOnce } from './guard.js';
import { pageFlags } from './page.js';

// The SDK's own type would tie a page to one of its packages: `sdk-trace-web` 2 has another than `sdk-trace` 3.
interface StartedSpan extends Span {
  readonly attributes: Attributes;
}

/**
 * Span processor that writes `feature_flags.<key>` on every span started on the page after the flag was evaluated, with
 * the variant that the flag gave last. A span under way keeps what it started with. It exports nothing; add it beside
 * the exporting processor.
 *
 * @example
 * ```ts
 * import { trace } from '@opentelemetry/api';
 * import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
 * import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
 * import { FeatureFlagSpanProcessor } from 'telltale/web';
 *
 * const exporter = new OTLPTraceExporter({ url: 'https://collector.example.org/v1/traces' });
 * const spanProcessors = [new FeatureFlagSpanProcessor(), new BatchSpanProcessor({ exporter })];
 * trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
 * ```
 */
export class FeatureFlagSpanProcessor {
  onStart(span: StartedSpan): void {
    guarded('the span processor', () => writeFlags(span));
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function writeFlags(span: StartedSpan): void {
  const limit = spanFlagLimit(span, LIMIT_RANGES.spanFlags.standard);
  let written = 0;
  for (const { attribute, variant } of pageFlags().values()) {
    // What the application wrote itself stays.
    if (variant === undefined || span.attributes[attribute] !== undefined) continue;
    if (written === limit) {
      warnOnce(
        'span',
        () => `a span holds ${limit} flags; ${attribute} and further ones are left out of it.`,
      );
      return;
    }
    written += 1;
    span.setAttribute(attribute, variant);
  }
}
