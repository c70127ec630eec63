import { isVariant } from '../../sources/compared.js';
import type { FlagTraffic } from '../../sources/source.js';
import type { ChangeDocument } from '../change-log.js';
import type { Comparison, GuardrailSummary, TreatmentComparison } from '../comparison.js';
import { usualControl } from '../release.js';
import type { OverviewComparison, OverviewFlag, OverviewVariant, RatioInterval } from './documents.js';
import type { Adjusted } from './false-alerts.js';

/** What a comparison leaves for an overview; the rest of it is not kept. */
export interface KeptComparison {
  /** ISO 8601. */
  readonly at: string;
  readonly variants: readonly OverviewVariant[];
  readonly comparisons: readonly OverviewComparison[];
  readonly evidence: Comparison['evidence'];
  readonly configured: OverviewFlag['configured'];
  /** The newest of the flag, those that telemetry tells too. */
  readonly change: ChangeDocument | undefined;
}

/** All that is known of a flag. */
export interface KnownFlag {
  readonly traffic: FlagTraffic;
  /** The newest that was told. */
  readonly told: ChangeDocument | undefined;
  readonly kept: KeptComparison | undefined;
  /** Why there is no comparison. */
  readonly why: string | undefined;
}

/** @param isHere whether a change is of what is looked at */
export function keepComparison(
  comparison: Comparison,
  configured: OverviewFlag['configured'],
  at: string,
  isHere: (change: ChangeDocument) => boolean,
): KeptComparison {
  return {
    ...{ at, configured },
    variants: variantsOf(comparison),
    comparisons: comparison.comparisons.map(summarise),
    evidence: comparison.evidence,
    change: comparison.changes.find((change) => change.kind === 'flag' && isHere(change)),
  };
}

/** Why there is nothing to compare; undefined where there is. */
export function whyAlone({ variants }: FlagTraffic): string | undefined {
  const assigned = variants.filter((one) => isVariant(one.variant) && one.assigned > 0);
  if (assigned.length > 1) return undefined;
  const [only] = assigned;
  return only === undefined
    ? 'No variant was assigned by the release: there is nothing to compare.'
    : `Only ${only.variant} was assigned by the release: there is nothing to compare.`;
}

/** How many treatments a comparison will have; 0 where {@link whyAlone} says why there is none. */
export function treatmentsOf({ variants }: FlagTraffic): number {
  return Math.max(0, variants.filter((one) => isVariant(one.variant) && one.assigned > 0).length - 1);
}

export function requestsOf({ variants }: FlagTraffic): number {
  return variants.reduce((sum, one) => sum + one.assigned + one.override + one.default + one.error, 0);
}

export function overviewFlag(known: KnownFlag, adjusted: Adjusted | undefined): OverviewFlag {
  const { traffic, told, kept, why } = known;
  return {
    flag: traffic.flag,
    lastSeen: new Date(traffic.lastSeen * 1000).toISOString(),
    services: traffic.services,
    variants: kept?.variants ?? trafficVariants(traffic),
    comparisons: kept?.comparisons ?? null,
    why: why ?? null,
    comparedAt: kept?.at ?? null,
    logEAdjusted: kept === undefined ? null : (adjusted?.logE ?? null),
    alert: kept !== undefined && adjusted?.alert === true,
    lastChange: newer(told, kept?.change) ?? null,
    evidence: kept?.evidence ?? [],
    configured: kept?.configured ?? {},
  };
}

function newer(one: ChangeDocument | undefined, other: ChangeDocument | undefined): typeof one {
  if (one === undefined || other === undefined) return one ?? other;
  return one.time >= other.time ? one : other;
}

function trafficVariants(traffic: FlagTraffic): OverviewVariant[] {
  const all = requestsOf(traffic);
  const own = traffic.variants.filter(({ variant }) => isVariant(variant));
  const control = usualControl(own.map(({ variant }) => variant));
  return own.map(({ variant, assigned, override, default: byDefault, error }) => {
    const requests = assigned + override + byDefault + error;
    return {
      ...{ variant, isControl: variant === control, requests, share: all === 0 ? 0 : requests / all },
      ...{ units: null, unitShare: null },
    };
  });
}

/** Operations since the comparison began: a share since long before would hide how far the release is now. */
function variantsOf({ variants, control }: Comparison): OverviewVariant[] {
  const counted = variants.map(({ variant, requests, excluded, units }) => ({
    variant,
    units,
    requests: requests + excluded.default + excluded.override + excluded.error + excluded.aborted,
  }));
  const all = counted.reduce((sum, one) => sum + one.requests, 0);
  const allUnits = counted.reduce((sum, one) => sum + (one.units ?? 0), 0);
  return counted.map(({ variant, requests, units }) => ({
    ...{ variant, isControl: variant === control },
    ...{ requests, share: all === 0 ? 0 : requests / all },
    ...{ units, unitShare: units === null || allUnits === 0 ? null : units / allUnits },
  }));
}

function summarise(treatment: TreatmentComparison): OverviewComparison {
  const { verdict, reasons, explanation, requestsNeeded, errors, slow } = treatment;
  return {
    treatment: treatment.treatment,
    ...{ verdict, reasons, summary: explanation[0] ?? '', requestsNeeded },
    errors: interval(errors),
    slow: { ...interval(slow), threshold: slow.threshold },
  };
}

function interval({ ratio, low, high }: GuardrailSummary): RatioInterval {
  return { ratio, low, high };
}
