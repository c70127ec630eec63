import { checkCount, listOf, requireFields } from './checks.js';
import { type At, StatisticsError, shown } from './errors.js';
import type { Evidence } from './evidence.js';

/** Units first exposed in an epoch, beside the shares they were to be exposed in. */
export interface EpochExposure {
  readonly epoch: string;
  /** By variant; sums to 1. */
  readonly allocation: ReadonlyMap<string, number>;
  /** Units by variant. */
  readonly exposed: ReadonlyMap<string, number>;
}

/** How far the shares may be from 1 together: they are often written with two digits. */
const TOLERANCE = 0.02;

const FIELDS: ReadonlySet<string> = new Set(['epoch', 'allocation', 'exposed']);

/** The epochs with their exposure; throws where one cannot be tested. */
export function checkEpochs({ epochs }: Pick<Evidence, 'epochs'>): EpochExposure[] {
  const seen = new Set<string>();
  return Array.from(listOf(epochs, 'epochs'), (entry, index) => {
    const at: At = { list: 'epoch', index };
    if (typeof entry !== 'object' || entry === null) {
      throw new StatisticsError('bad-evidence', `must be an object, not ${shown(entry)}.`, at);
    }
    requireFields(entry, FIELDS, at);
    const { epoch, allocation, exposed }: Readonly<Record<string, unknown>> = entry as never;
    if (typeof epoch !== 'string' || seen.has(epoch)) {
      const message = `epoch must be a name that no other epoch has, not ${shown(epoch)}.`;
      throw new StatisticsError('bad-evidence', message, at);
    }
    seen.add(epoch);
    const counts = recordOf(exposed, 'exposed', at).map(
      ([variant, units]) => [variant, checkCount(units, `exposed[${shown(variant)}]`, at)] as const,
    );
    return { epoch, allocation: checkAllocation(allocation, at), exposed: new Map(counts) };
  });
}

function checkAllocation(value: unknown, at: At): Map<string, number> {
  const shares = new Map<string, number>();
  let sum = 0;
  for (const [variant, share] of recordOf(value, 'allocation', at)) {
    if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
      const message = `allocation[${shown(variant)}] must be a share from 0 to 1, not ${shown(share)}.`;
      throw new StatisticsError('bad-allocation', message, at);
    }
    shares.set(variant, share);
    sum += share;
  }
  if (Math.abs(sum - 1) > TOLERANCE) {
    const message = `the shares of allocation must sum to 1, not ${sum}; name every variant that units are exposed to.`;
    throw new StatisticsError('bad-allocation', message, at);
  }
  for (const [variant, share] of shares) shares.set(variant, share / sum);
  return shares;
}

function recordOf(value: unknown, name: string, at: At): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  const message = `${name} must map each variant to a number, but is ${shown(value)}.`;
  throw new StatisticsError('bad-evidence', message, at);
}
