import { readFileSync } from 'node:fs';
import { isLoopback } from '../server/access.js';
import { BackendError } from '../store/backend-error.js';

/** Options that name a file with a token; a token itself is never an argument, which other users of the machine see. */
export const TOKEN_FILES: readonly string[] = ['token-file', 'write-token-file', 'read-token-file'];

type Values = Readonly<Record<string, string | undefined>>;

export interface Tokens {
  readonly writeToken: string | undefined;
  readonly readToken: string | undefined;
}

/** What a token may be made of (RFC 6750), and no shorter than this: it is guessed at the speed of the network. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const MIN_CHARACTERS = 16;

/**
 * The tokens of `telltale up`: the one for its purpose before the one for both, a file before a variable.
 *
 * @throws BackendError `usage`
 */
export function backendTokens(values: Values, env: NodeJS.ProcessEnv = process.env): Tokens {
  const both = (): string | undefined => tokenOf(values, 'token-file', env, 'TELLTALE_TOKEN');
  return {
    writeToken: tokenOf(values, 'write-token-file', env, 'TELLTALE_WRITE_TOKEN') ?? both(),
    readToken: tokenOf(values, 'read-token-file', env, 'TELLTALE_READ_TOKEN') ?? both(),
  };
}

/** What a command that reads sends: --token-file, TELLTALE_READ_TOKEN or TELLTALE_TOKEN. */
export function readingToken(
  tokenFile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const values = { 'token-file': tokenFile };
  return (
    tokenOf(values, 'token-file', env, 'TELLTALE_READ_TOKEN') ??
    tokenOf({}, 'token-file', env, 'TELLTALE_TOKEN')
  );
}

export interface Exposure {
  /** Whether anybody may do what no token guards. */
  readonly insecure: boolean;
  /** Whether there is anything to write. */
  readonly receives: boolean;
}

/** @throws BackendError `usage` where others can reach the address and anybody may read or write */
export function checkExposure(
  host: string,
  { writeToken, readToken }: Tokens,
  { insecure, receives }: Exposure,
): void {
  const lacksWrite = receives && writeToken === undefined;
  const lacksRead = readToken === undefined;
  if (insecure || isLoopback(host) || !(lacksWrite || lacksRead)) return;
  const missing = lacksWrite && lacksRead ? 'token' : lacksWrite ? 'write token' : 'read token';
  throw new BackendError(
    'usage',
    `--host ${host} can be reached from other machines, and there is no ${missing}. Set TELLTALE_TOKEN to the output of ` +
      '`openssl rand -hex 32`, or name a file that holds it with --token-file FILE; or say --insecure to let anybody in.',
  );
}

function tokenOf(
  values: Values,
  option: string,
  env: NodeJS.ProcessEnv,
  variable: string,
): string | undefined {
  const file = values[option];
  if (file !== undefined) return checked(readToken(file, option), `--${option} ${file}`);
  const token = env[variable];
  // A variable that a deployment leaves empty sets no token.
  return token === undefined || token === '' ? undefined : checked(token, variable);
}

function readToken(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BackendError('usage', `--${option} ${file} cannot be read: ${(error as Error).message}.`);
  }
}

function checked(text: string, where: string): string {
  const token = text.trim();
  if (token.length >= MIN_CHARACTERS && TOKEN.test(token)) return token;
  // The token itself is not shown: logs keep what is printed.
  throw new BackendError(
    'usage',
    `${where} must hold a token of ${MIN_CHARACTERS} characters or more out of A-Z a-z 0-9 . _ ~ + / - and = at its end, ` +
      `such as the output of \`openssl rand -hex 32\`; it holds ${token.length} characters` +
      `${TOKEN.test(token) ? '' : ', some of them others'}.`,
  );
}
