import { readFileSync } from 'node:fs';
import { COMPARISON_PARAMETERS } from '../server/parameters.js';
import { BackendError } from '../store/backend-error.js';

const NAME = 'telltale.config.json';

/**
 * The options of one flag from `telltale.config.json` in the working directory; none without such a file.
 *
 * @throws BackendError `usage` where the file is not what it should be
 */
export function configuredOptions(flag: string): Record<string, string> {
  const text = read();
  if (text === undefined) return {};
  const config = parse(text);
  if (!isRecord(config)) throw bad('must hold an object', config);
  for (const key of Object.keys(config)) {
    if (key !== 'flags')
      throw new BackendError('usage', `${NAME} has an unknown key "${key}"; it takes "flags".`);
  }
  const flags = config['flags'] ?? {};
  if (!isRecord(flags)) throw bad('"flags" must be an object of flags', flags);
  const own = Object.hasOwn(flags, flag) ? flags[flag] : {};
  if (!isRecord(own)) throw bad(`flags["${flag}"] must be an object of options`, own);
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, option(flag, name, value)]));
}

function option(flag: string, name: string, value: unknown): string {
  if (!Object.hasOwn(COMPARISON_PARAMETERS, name)) {
    const known = Object.keys(COMPARISON_PARAMETERS).join(', ');
    throw new BackendError(
      'usage',
      `${NAME}: flags["${flag}"] has an unknown option "${name}". The options are: ${known}.`,
    );
  }
  // Here it would hold every later verdict, and every notification, at that moment.
  if (name === 'until') {
    throw new BackendError('usage', `${NAME}: flags["${flag}"] must not have "until": give --until by hand.`);
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw bad(`flags["${flag}"]["${name}"] must be a text or a number`, value);
  }
  return String(value);
}

function read(): string | undefined {
  try {
    return readFileSync(NAME, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BackendError('usage', `${NAME} cannot be read: ${(error as Error).message}.`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BackendError('usage', `${NAME} is not JSON: ${(error as Error).message}.`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(what: string, value: unknown): BackendError {
  return new BackendError('usage', `${NAME}: ${what}; it is ${JSON.stringify(value)?.slice(0, 60)}.`);
}
