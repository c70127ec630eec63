import type { Comparison } from '../server/comparison.js';
import { comparisonDocument, type FlagsDocument, flagsDocument } from '../server/flag-routes.js';
import { openSource } from '../sources/location.js';
import { isStatisticsError } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { ask, DEFAULT_URL } from './client.js';

/** Whom a command asks: a backend by `--url`, or by `--source` the store itself. */
export interface Asked {
  comparison(flag: string, query: URLSearchParams): Promise<Comparison>;
  flags(query: URLSearchParams): Promise<FlagsDocument>;
}

/** The options that say so. */
export interface Whom {
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly source: string | undefined;
}

/** @throws BackendError `usage` where a backend and a source are given, or `source` is none */
export function asked({ url, tokenFile, source }: Whom): Asked {
  if (source === undefined) {
    const base = url ?? DEFAULT_URL;
    return {
      comparison: (flag, query) =>
        ask(base, `/api/v1/flags/${encodeURIComponent(flag)}/comparison`, query, 'window', tokenFile),
      flags: (query) => ask(base, '/api/v1/flags', query, 'flags', tokenFile),
    };
  }
  if (url !== undefined || tokenFile !== undefined) {
    throw new BackendError(
      'usage',
      'Give --url, and --token-file, to ask a backend, or --source to ask the store itself, not both.',
    );
  }
  const store = openSource(source, process.env);
  const now = Date.now() / 1000;
  return {
    comparison: (flag, query) => withApiErrors(comparisonDocument(store, flag, query, now)),
    flags: (query) => withApiErrors(flagsDocument(store, query, now)),
  };
}

/** Options of the command line as a query. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, value ?? '']),
  );
}

/** What the statistics refuse was asked wrongly, as the API says too. */
async function withApiErrors<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isStatisticsError(error) && error.code === 'bad-parameter') {
      throw new BackendError('bad-request', error.message);
    }
    throw error;
  }
}
