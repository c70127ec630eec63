import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackendError, isBackendError } from '../store/backend-error.js';
import { readLayout } from '../store/collector-tables.js';
import { openEngine } from '../store/engine.js';
import { schemaVersion } from '../store/migrations.js';
import { readContent, type StoreContent, type StoreStatus } from '../store/status.js';
import { createQuery } from '../store/store.js';
import { readArguments } from './arguments.js';
import { ask, DEFAULT_URL } from './client.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { describeStatus } from './status-text.js';
import { readCluster, readLocation } from './store-options.js';

/** `telltale db status`: of a running backend, or of a store that none has open. */
export async function dbCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values, switches, positionals } = readArguments('db', argv, {
    options: ['url', 'token-file', 'data', 'clickhouse', 'cluster'],
    switches: ['json'],
    positionals: ['what to do: status'],
  });
  if (positionals[0] !== 'status') {
    throw new BackendError('usage', `db does not know ${JSON.stringify(positionals[0])}; it knows status.`);
  }
  const direct = values['data'] !== undefined || values['clickhouse'] !== undefined;
  if (direct && values['url'] !== undefined) {
    throw new BackendError(
      'usage',
      'Give --url to ask a backend, or --data or --clickhouse to look oneself.',
    );
  }
  const unused = direct ? 'token-file' : 'cluster';
  if (values[unused] !== undefined) {
    throw new BackendError(
      'usage',
      direct
        ? '--token-file is for asking a backend, with --url; --data and --clickhouse take none.'
        : '--cluster is for looking at a server oneself, with --clickhouse; a backend knows its own.',
    );
  }
  const status = direct
    ? await look(values)
    : await askForStatus(values['url'] ?? DEFAULT_URL, values['token-file']);
  console.log(switches.has('json') ? JSON.stringify(status, null, 2) : describeStatus(status));
  return EXIT.ok;
}

async function askForStatus(url: string, tokenFile: string | undefined): Promise<StoreStatus> {
  try {
    return await ask<StoreStatus>(url, '/api/v1/status', [], 'tables', tokenFile);
  } catch (error) {
    if (!isBackendError(error) || error.code !== 'not-found') throw error;
    throw new BackendError('unavailable', `The backend at ${url} keeps nothing itself: it has a --source.`);
  }
}

/** Nothing is made, brought forward or altered. */
async function look(values: Readonly<Record<string, string | undefined>>): Promise<StoreContent> {
  const location = readLocation(values);
  const cluster = readCluster(values);
  // Opening a folder would make it.
  if ('dataDir' in location && !existsSync(join(location.dataDir, 'metadata'))) {
    throw new BackendError(
      'usage',
      `There is no store in ${JSON.stringify(location.dataDir)}; name the folder of one with --data DIR.`,
    );
  }
  const engine = await openEngine(location).catch((error: unknown) => {
    if (!isBackendError(error) || error.code !== 'data-dir-in-use') throw error;
    throw new BackendError(
      'data-dir-in-use',
      'The data folder cannot be opened. If a `telltale up` uses it, ask that one: `telltale db status --url URL`.',
      error,
    );
  });
  try {
    const query = createQuery(engine);
    return await readContent(query, await readLayout(query, cluster, await schemaVersion(query)));
  } finally {
    await engine.close();
  }
}
