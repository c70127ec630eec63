/** The groups with most operations. */
export interface Groups<Counted, Name = string> {
  /** Most operations in all variants together first, then by name. */
  readonly groups: readonly Group<Counted, Name>[];
  /** Groups beyond these. */
  readonly leftOut: number;
}

interface Group<Counted, Name> {
  /** '' is of what has none. */
  readonly name: Name;
  /** In the order of their names. */
  readonly variants: readonly Counted[];
}

/** Compared operations of a group that had this variant, as `Count` has them. */
export interface GroupCount {
  readonly variant: string;
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
  readonly unresolved: number;
}

/**
 * Sums by group and variant, of the groups with most operations.
 *
 * @param most groups at most
 */
export function groupCounts<Counted extends GroupCount>(
  counts: readonly Counted[],
  nameOf: (count: Counted) => string,
  most: number,
): Groups<GroupCount> {
  const sums = new Map<string, { requests: number; variants: Map<string, GroupCount> }>();
  for (const count of counts) {
    const name = nameOf(count);
    const group = sums.get(name) ?? { requests: 0, variants: new Map<string, GroupCount>() };
    sums.set(name, group);
    group.requests += count.requests;
    const sum = group.variants.get(count.variant);
    group.variants.set(count.variant, {
      variant: count.variant,
      requests: count.requests + (sum?.requests ?? 0),
      errors: count.errors + (sum?.errors ?? 0),
      slow: count.slow + (sum?.slow ?? 0),
      unresolved: count.unresolved + (sum?.unresolved ?? 0),
    });
  }
  const all = [...sums]
    .filter(([, { requests }]) => requests > 0)
    .sort(([a, one], [b, other]) => other.requests - one.requests || (a < b ? -1 : 1));
  return {
    groups: all.slice(0, most).map(([name, { variants }]) => ({
      name,
      variants: [...variants.values()]
        .filter(({ requests }) => requests > 0)
        .sort((a, b) => (a.variant < b.variant ? -1 : 1)),
    })),
    leftOut: Math.max(0, all.length - most),
  };
}
