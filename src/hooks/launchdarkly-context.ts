const USER = 'user';
const MULTI = 'multi';

/**
 * The canonical key of a LaunchDarkly context, as the SDK's own `Context.canonicalKey` has it: the key of a user,
 * `organization:acme` for another kind, `organization:acme:user:ada` for several. `undefined` where the SDK would
 * take the context for invalid. Not remembered by context: an entry of a WeakMap costs two such keys, and would be
 * wrong where an application changes a context and uses it again.
 */
export function canonicalKey(context: unknown): string | undefined {
  if (!isRecord(context)) return undefined;
  const { kind, key } = context;
  // A context without a kind is a user of former SDKs, whose key may be a number.
  if (kind === undefined || kind === null) return key === undefined || key === null ? undefined : String(key);
  if (kind === USER) return validKey(key);
  if (kind !== MULTI) return typeof kind === 'string' ? keyOfKind(kind, key) : undefined;
  const kinds = Object.keys(context).filter((name) => name !== 'kind');
  const [first] = kinds;
  if (kinds.length === 1 && first === USER) return validKey(keyWithin(context[first]));
  let canonical: string | undefined;
  for (const name of kinds.sort()) {
    const part = keyOfKind(name, keyWithin(context[name]));
    if (part === undefined) return undefined;
    canonical = canonical === undefined ? part : `${canonical}:${part}`;
  }
  return canonical;
}

function keyOfKind(kind: string, key: unknown): string | undefined {
  const valid = validKey(key);
  return valid === undefined ? undefined : `${kind}:${encode(valid)}`;
}

function keyWithin(context: unknown): unknown {
  return isRecord(context) ? context['key'] : undefined;
}

function validKey(key: unknown): string | undefined {
  return typeof key === 'string' && key !== '' ? key : undefined;
}

/** Only what would make the key ambiguous. */
function encode(key: string): string {
  if (!key.includes('%') && !key.includes(':')) return key;
  return key.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
