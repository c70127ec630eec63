import { readFileSync } from 'node:fs';
import { BackendError } from './backend-error.js';

/** A ClickHouse server, and how to be let in. */
export interface ClickHouseLocation {
  /** With user, password and database, where they stand in it. */
  readonly clickhouseUrl: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly tls?: ClickHouseTls;
}

/** PEM texts. */
export interface ClickHouseTls {
  readonly ca_cert: Buffer;
  /** The client's own certificate and its key: both or none. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const PREFIX = 'TELLTALE_CLICKHOUSE_';

/**
 * A server by its address, and `TELLTALE_CLICKHOUSE_USER`, `_PASSWORD`, `_DATABASE`, `_CA_FILE`, `_CERT_FILE` and
 * `_KEY_FILE`. What they hold is never printed.
 *
 * @throws BackendError `usage`
 */
export function clickHouseLocation(address: string, env: NodeJS.ProcessEnv): ClickHouseLocation {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usage('--clickhouse must be an http address such as http://host:8123/database.');
  }
  const value = (name: string): string | undefined => env[PREFIX + name] || undefined;
  const [username, password, database] = [value('USER'), value('PASSWORD'), value('DATABASE')];
  if (url.username !== '' && (username ?? password) !== undefined) {
    throw usage(`A user stands in --clickhouse and in ${PREFIX}USER or _PASSWORD. Keep the variables.`);
  }
  if (url.pathname !== '/' && database !== undefined) {
    throw usage(`A database stands in --clickhouse and in ${PREFIX}DATABASE. Keep one of them.`);
  }
  const tls = readTls(value, url.protocol);
  return {
    clickhouseUrl: address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function readTls(value: (name: string) => string | undefined, protocol: string): ClickHouseTls | undefined {
  const read = (name: string): Buffer | undefined => {
    const file = value(name);
    return file === undefined ? undefined : readPem(`${PREFIX}${name}`, file);
  };
  const [ca, cert, key] = [read('CA_FILE'), read('CERT_FILE'), read('KEY_FILE')];
  if ((ca ?? cert ?? key) === undefined) return undefined;
  if (protocol !== 'https:') {
    throw usage(`${PREFIX}CA_FILE, _CERT_FILE and _KEY_FILE need an https address in --clickhouse.`);
  }
  if (ca === undefined || (cert === undefined) !== (key === undefined)) {
    throw usage(`${PREFIX}CERT_FILE and _KEY_FILE go together, and with ${PREFIX}CA_FILE.`);
  }
  return cert === undefined || key === undefined ? { ca_cert: ca } : { ca_cert: ca, cert, key };
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usage(`${name} names a file that cannot be read: ${(error as Error).message}.`);
  }
}

function usage(message: string): BackendError {
  return new BackendError('usage', message);
}
