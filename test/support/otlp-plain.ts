/**
 * What a decoder made, with attributes as objects: the protobuf decoder writes those of records as text. Read by a
 * parser of its own, independent of what wrote it.
 */
export function plain<T>(decoded: T): T {
  return convert(decoded, new Map()) as T;
}

/** Shared objects stay shared. */
function convert(value: unknown, known: Map<object, unknown>): unknown {
  if (value instanceof Uint8Array) return mapOf(Buffer.from(value).toString());
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const copy = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
  known.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: convert(item, known),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

/** `{'key':'value'}`, as it stands in a CSV field. */
function mapOf(text: string): Record<string, string> {
  const strings: string[] = [];
  const shape = text.replaceAll(/'((?:[^'\\"]|\\['\\]|"")*)'/gs, (_, inner: string) => {
    strings.push(inner.replaceAll('""', '"').replaceAll(/\\(['\\])/g, '$1'));
    return 'S';
  });
  if (!/^\{S:S(,S:S)*\}$/.test(shape)) throw new Error(`not the text of a map: ${text}`);
  const map: Record<string, string> = Object.create(null);
  for (let i = 0; i < strings.length; i += 2) map[strings[i] as string] = strings[i + 1] as string;
  if (Object.keys(map).length !== strings.length / 2) throw new Error(`a key stands twice in ${text}`);
  return map;
}
