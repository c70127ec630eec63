import { expected } from '../core/options.js';

/** Names of variations in LaunchDarkly's order, by the flag's key. */
export type VariationNames = ReadonlyMap<string, readonly string[]>;

/**
 * A copy of the names an application gives, or `undefined` where it gives none.
 *
 * @param option As messages name it: `TelltaleHook: option "variations"`.
 * @throws TypeError where that is no object of lists of names, or a flag has a name twice.
 */
export function variationNames(option: string, given: unknown): VariationNames | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw expected(option, 'an object with a list of names for each flag key', given);
  }
  return new Map(Object.entries(given).map(([key, names]) => [key, namesOf(`${option}["${key}"]`, names)]));
}

function namesOf(option: string, names: unknown): readonly string[] {
  // Not `every`, which skips the holes of a list.
  if (!Array.isArray(names) || Array.from(names).some((name) => typeof name !== 'string' || name === '')) {
    throw expected(option, 'a list of names, in the order of the flag in LaunchDarkly', names);
  }
  // They would be one variant, with the numbers of both.
  if (new Set(names).size < names.length) {
    throw expected(option, 'a list of names that all differ', names);
  }
  return [...names];
}
