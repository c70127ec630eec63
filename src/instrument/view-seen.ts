import type { Attributes } from '@opentelemetry/api';

let seen = false;

/**
 * Part of Telltale's View: passes attributes on, and thereby knows that the View is installed and matches. The
 * API gives no way to ask, and without the View the SDK's own limit on attribute sets is far lower.
 */
export const viewMarker: { process(incoming: Attributes): Attributes } = {
  process(incoming: Attributes): Attributes {
    seen = true;
    return incoming;
  },
};

/** Whether the View was seen at work since the instruments were made. */
export function isViewSeen(): boolean {
  return seen;
}

/** For a new MeterProvider, which may have no View. */
export function forgetView(): void {
  seen = false;
}
