/**
 * Refuses what is no object of known options: a misspelt option would be ignored without a word.
 *
 * @throws TypeError naming what came and what is known.
 */
export function checkOptions(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: options have to be an object, got ${JSON.stringify(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${caller}: there is no option "${name}"; there are ${known.join(', ')}.`);
    }
  }
}
