import type { Count, FailingCount, Place, UnitCount } from '../../sources/source.js';

/** What came in each step, as what had come by its end: one count for what is of one place and kind. */
function cumulate<T>(
  steps: readonly (readonly T[])[],
  keyOf: (one: T) => readonly unknown[],
  sum: (known: T, one: T) => T,
): T[][] {
  const totals = new Map<string, T>();
  return steps.map((step) => {
    for (const one of step) {
      const key = JSON.stringify(keyOf(one));
      const known = totals.get(key);
      totals.set(key, known === undefined ? one : sum(known, one));
    }
    return [...totals.values()];
  });
}

const placeOf = ({ block, service, serviceVersion, environment, variant }: Place): unknown[] => [
  ...[block, service, serviceVersion, environment, variant],
];

export function cumulateCounts(steps: readonly (readonly Count[])[]): Count[][] {
  return cumulate(
    steps,
    (one) => [...placeOf(one), one.flagVersion, one.assignment, one.outcome, one.overflow],
    (known, one) => ({
      ...known,
      requests: known.requests + one.requests,
      errors: known.errors + one.errors,
      slow: known.slow + one.slow,
      unresolved: known.unresolved + one.unresolved,
      ...standsFor(known, one),
    }),
  );
}

function standsFor(known: Count, one: Count): Pick<Count, 'standsFor'> {
  if (known.standsFor === undefined && one.standsFor === undefined) return {};
  if (known.standsFor === null || one.standsFor === null) return { standsFor: null };
  const [a, b] = [known.standsFor ?? known, one.standsFor ?? one];
  return { standsFor: { requests: a.requests + b.requests, errors: a.errors + b.errors } };
}

export function cumulateUnits(steps: readonly (readonly UnitCount[])[]): UnitCount[][] {
  return cumulate(
    steps,
    (one) => [...placeOf(one), one.bucket, one.overflow],
    (known, one) => ({
      ...known,
      operations: known.operations + one.operations,
      errors: known.errors + one.errors,
      slow: known.slow === null || one.slow === null ? null : known.slow + one.slow,
    }),
  );
}

export function cumulateFailing(steps: readonly (readonly FailingCount[])[]): FailingCount[][] {
  return cumulate(steps, placeOf, (known, one) => ({ ...known, units: known.units + one.units }));
}
