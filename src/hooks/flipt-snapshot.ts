import { capped } from '../core/words.js';

/** The first of a flag's rules that apply is the one that decides. */
export interface FliptRule {
  readonly segmentKeys: readonly string[];
  /** Whether a unit has to be in all of the segments, and not just in one. */
  readonly needsAll: boolean;
  /** Whether its units are spread over more than one variant. */
  readonly isSplit: boolean;
  /** Whether nobody is outside of its segments. */
  readonly isForAll: boolean;
  /** Entities that its segments list one by one. */
  readonly entities: ReadonlySet<string>;
}

/** What the evaluation of a flag depends on. */
export interface FliptFlag {
  readonly type: string | undefined;
  /** The rules of a variant flag; of a boolean flag those of its rollouts that have segments. */
  readonly rules: readonly FliptRule[];
  /** Whether whoever is left by the rules is drawn by lot. */
  readonly isDrawn: boolean;
}

/** The flags of a client, as far as they have been asked for. */
export interface FliptFlags {
  readonly namespace: string | undefined;
  get(key: string): FliptFlag | undefined;
}

interface Segments {
  readonly segments?: Readonly<Record<string, { readonly constraints?: readonly Constraint[] }>>;
  readonly segment_operator?: string;
}

interface Constraint {
  readonly type?: string;
  readonly operator?: string;
  readonly value?: string;
}

interface Rollout {
  readonly segment?: Segments;
  readonly threshold?: { readonly percentage?: number };
}

interface Namespace {
  readonly key?: string;
  readonly flags?: Readonly<Record<string, { readonly type?: string }>>;
  readonly eval_rules?: Readonly<Record<string, readonly (Segments & { readonly id?: string })[]>>;
  readonly eval_rollouts?: Readonly<Record<string, readonly Rollout[]>>;
  readonly eval_distributions?: Readonly<Record<string, readonly { readonly rollout?: number }[]>>;
}

/**
 * Reads what `getSnapshot` of a Flipt client gives: its flags in base64.
 *
 * @throws SyntaxError where it is no JSON.
 */
export function readSnapshot(snapshot: string): FliptFlags {
  const { namespace = {} } = JSON.parse(Buffer.from(snapshot, 'base64').toString('utf8')) as {
    readonly namespace?: Namespace;
  };
  const flags = new Map<string, FliptFlag>();
  return {
    namespace: namespace.key === undefined ? undefined : capped(namespace.key),
    get(key) {
      const known = flags.get(key);
      if (known !== undefined || !Object.hasOwn(namespace.flags ?? {}, key)) return known;
      const flag = flagOf(namespace, key);
      flags.set(key, flag);
      return flag;
    },
  };
}

function flagOf({ flags, eval_rules, eval_rollouts, eval_distributions }: Namespace, key: string): FliptFlag {
  const rollouts = eval_rollouts?.[key] ?? [];
  const rules = eval_rules?.[key] ?? [];
  return {
    type: flags?.[key]?.type,
    rules: [
      ...rules.map((rule) => ruleOf(rule, isSpread(eval_distributions?.[rule.id ?? '']))),
      ...rollouts.flatMap(({ segment }) => (segment === undefined ? [] : [ruleOf(segment, false)])),
    ],
    isDrawn: rollouts.some(({ threshold }) => isShare(threshold?.percentage)),
  };
}

function ruleOf({ segments = {}, segment_operator }: Segments, isSplit: boolean): FliptRule {
  const constraints = Object.values(segments).map((segment) => segment.constraints ?? []);
  return {
    segmentKeys: Object.keys(segments),
    needsAll: segment_operator === 'AND_SEGMENT_OPERATOR',
    isSplit,
    isForAll: constraints.every((list) => list.length === 0),
    entities: new Set(constraints.flat().flatMap(entitiesOf)),
  };
}

function isSpread(distributions: readonly { readonly rollout?: number }[] = []): boolean {
  return distributions.filter(({ rollout = 0 }) => rollout > 0).length > 1;
}

function isShare(percentage = 0): boolean {
  return percentage > 0 && percentage < 100;
}

function entitiesOf({ type, operator, value = '' }: Constraint): readonly string[] {
  if (type !== 'ENTITY_ID_CONSTRAINT_COMPARISON_TYPE') return [];
  if (operator === 'eq') return [value];
  return operator === 'isoneof' ? listOf(value) : [];
}

function listOf(json: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : [];
  } catch {
    // The engine fails on it too, where it gets that far.
    return [];
  }
}
