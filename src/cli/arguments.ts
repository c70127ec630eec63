import { type ParseArgsConfig, parseArgs } from 'node:util';
import { BackendError } from '../store/backend-error.js';

export interface Arguments {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Of every option that may be given several times; empty where it was not. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** What a command takes: options with a value, those with several, and switches without one. */
export interface Accepted {
  readonly options: readonly string[];
  /** Given several times, or with commas between the values. @default none */
  readonly lists?: readonly string[];
  readonly switches: readonly string[];
  /** Names of the arguments without an option, all required. */
  readonly positionals: readonly string[];
}

/** @throws BackendError `usage`, naming what was not understood */
export function readArguments(command: string, argv: readonly string[], accepted: Accepted): Arguments {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  // `multiple`, because the last of several would win without a word.
  const { lists = [] } = accepted;
  for (const name of [...accepted.options, ...lists]) options[name] = { type: 'string', multiple: true };
  for (const name of accepted.switches) options[name] = { type: 'boolean' };
  const { values, positionals } = parse(command, argv, options);
  const { positionals: names } = accepted;
  // An empty one is a variable that a pipeline did not set.
  const missing = names[positionals.filter((value) => value !== '').length];
  if (missing !== undefined) throw usage(command, `${command} needs ${missing}.`);
  if (positionals.length > names.length) {
    throw usage(command, `${command} does not take ${JSON.stringify(positionals[names.length])}.`);
  }
  const given = Object.entries(values).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  const twice = given.find(([name, texts]) => texts.length > 1 && !lists.includes(name));
  if (twice !== undefined) throw usage(command, `--${twice[0]} is given twice; give it once.`);
  return {
    values: Object.fromEntries(given.map(([name, [text]]) => [name, text])),
    lists: Object.fromEntries(lists.map((name) => [name, split(given, name)])),
    switches: new Set(Object.keys(values).filter((name) => values[name] === true)),
    positionals,
  };
}

function split(given: readonly [string, string[]][], name: string): string[] {
  const texts = given.filter(([option]) => option === name).flatMap(([, values]) => values);
  return texts
    .flatMap((text) => text.split(',').map((value) => value.trim()))
    .filter((value) => value !== '');
}

function parse(
  command: string,
  argv: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(command, (error as Error).message);
  }
}

function usage(command: string, message: string): BackendError {
  return new BackendError('usage', `${message}\nRun \`telltale ${command} --help\` for what it takes.`);
}

/** A port: 0 (a free one) to 65535. */
export function readPort(text: string | undefined, option: string, fallback: number): number {
  if (text === undefined) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new BackendError(
      'usage',
      `${option} must be a port from 0 (a free one) to 65535; it is ${JSON.stringify(text)}.`,
    );
  }
  return port;
}

/**
 * A whole number of an option; undefined where it is not given.
 *
 * @throws BackendError `usage`, naming the option, what was expected and what came
 */
export function readWhole(
  values: Readonly<Record<string, string | undefined>>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw expected(`--${name}`, `a whole number from ${least} to ${most}`, text);
}

/** An option that is not what it must be. */
export function expected(option: string, what: string, text: string): BackendError {
  return new BackendError('usage', `${option} must be ${what}; it is ${JSON.stringify(text.slice(0, 60))}.`);
}
