import type { NotifyOptions } from '../server/notify/notify-options.js';
import { readTargets } from '../server/notify/target-options.js';
import { shownAddress } from '../sources/shown-address.js';
import { BackendError } from '../store/backend-error.js';
import { configuredOptions } from './config-file.js';

/**
 * Who `telltale up` tells, from `--notify`, `--public-url` and the environment; undefined: nobody.
 *
 * @throws BackendError `usage`
 */
export function readNotify(
  targets: readonly string[],
  publicUrl: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): NotifyOptions | undefined {
  const apiUrl = publicUrl === undefined ? undefined : readPublicUrl(publicUrl);
  const found = readTargets(targets, env);
  if (found.length === 0) return undefined;
  // What is wrong with the file is said now, and not with the first flag.
  configuredOptions('');
  return {
    targets: found,
    parametersOf: configuredOptions,
    ...(apiUrl === undefined ? {} : { apiUrl }),
  };
}

function readPublicUrl(text: string): string {
  const url = URL.parse(text);
  // It stands in each message. Of a password with `/` the rest is taken for the path.
  if (url !== null && (url.username !== '' || url.password !== '' || url.pathname.includes('@'))) {
    throw new BackendError(
      'usage',
      '--public-url must not have a user or password, which each message would show: leave out what stands before the @.',
    );
  }
  if (url !== null && /^https?:$/.test(url.protocol) && `${url.search}${url.hash}` === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  throw new BackendError(
    'usage',
    `--public-url must be the address under which others reach the page, such as https://telltale.example; it is ${JSON.stringify(shownAddress(text))}.`,
  );
}
