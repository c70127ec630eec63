import { textOf } from '../core/words.js';
import { resultVariant } from './result-variant.js';
import { objectIn } from './vercel-flags-calls.js';

interface Option {
  readonly value?: unknown;
  readonly label?: unknown;
}

/** The options of a flag, for finding the one that it gave. */
export interface Options {
  /** Names by value. */
  readonly names: ReadonlyMap<unknown, string>;
  /** Names by the text of those values that are objects, which the SDK compares the same way. */
  readonly namesByText: ReadonlyMap<string, string>;
}

/** Names a flag's options: by the label, without one by the value, and an object by its place. */
export function optionsOf(options: unknown): Options {
  const names = new Map<unknown, string>();
  const namesByText = new Map<string, string>();
  const listed: unknown[] = Array.isArray(options) ? options : [];
  // The first of equal ones stands, so it is set last.
  for (const [index, option] of [...listed.entries()].reverse()) {
    const { value, label }: Option = Object(option);
    const name = textOf(label) ?? resultVariant(textOf(value), value) ?? String(index);
    names.set(value, name);
    const text = isObject(value) ? textOfObject(value) : undefined;
    if (text !== undefined) namesByText.set(text, name);
  }
  return { names, namesByText };
}

/** The option that a flag gave. Any other value may be anything, so it has no name, unless it is a boolean. */
export function variantOf({ names, namesByText }: Options, value: unknown): string | undefined {
  const name = names.get(value);
  if (name !== undefined) return name;
  if (!isObject(value)) return resultVariant(undefined, value);
  return namesByText.size === 0 ? undefined : namesByText.get(textOfObject(value) ?? '');
}

/** Its JSON, where it has one. */
function textOfObject(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Names that stand for the unit. */
interface Named {
  readonly targetingKey?: unknown;
  readonly key?: unknown;
  readonly userId?: unknown;
  readonly userID?: unknown;
  readonly distinctId?: unknown;
  readonly id?: unknown;
}

/** Who `decide` decided for, as far as a name among the entities, or in a `user` of theirs, says so. */
export function unitOf(params: unknown): string | undefined {
  const entities = objectIn(params, 'entities');
  return entities && (named(entities) ?? named(objectIn(entities, 'user')));
}

function named(holder: Named | undefined): string | undefined {
  if (holder === undefined) return undefined;
  const { targetingKey, key, userId, userID, distinctId, id } = holder;
  return (
    textOf(targetingKey) ??
    textOf(key) ??
    textOf(userId) ??
    textOf(userID) ??
    textOf(distinctId) ??
    textOf(id)
  );
}
