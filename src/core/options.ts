/**
 * Refuses what is no object of known options: a misspelt option would be ignored without a word.
 *
 * @throws TypeError naming what came and what is known.
 */
export function checkOptions(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: options have to be an object, got ${shown(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${caller}: there is no option "${name}"; there are ${known.join(', ')}.`);
    }
  }
}

/**
 * An option's value among those allowed, or the usual one where it is not given.
 *
 * @param option As messages name it: `TelltaleHook: option "records"`.
 */
export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[], usual: T): T {
  if (value === undefined) return usual;
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw expected(option, `one of ${allowed.join(', ')}`, value);
}

/** An option that is true or false, or the usual one where it is not given. */
export function trueOrFalse(option: string, value: unknown, usual: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? usual;
  throw expected(option, 'true or false', value);
}

/** The error for an option whose value is none of those expected. */
export function expected(option: string, what: string, value: unknown): TypeError {
  return new TypeError(`${option} has to be ${what}, got ${shown(value)}.`);
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 200) ?? String(value);
  } catch {
    return typeof value;
  }
}
