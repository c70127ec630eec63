import { BackendError } from '../store/backend-error.js';
import { createDatadogSource } from './datadog.js';
import { datadogFromEnvironment } from './datadog-client.js';
import { headerValue } from './http-json.js';
import { createPrometheusSource } from './prometheus.js';
import { shownAddress } from './shown-address.js';
import type { Source } from './source.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `--source` takes. */
const SOURCE_FORMS = 'prometheus+http://host:9090, prometheus+https://user@host/prefix or datadog';

/**
 * The source that a text names. Secrets are never part of it: they are read from the environment.
 *
 * @throws BackendError `usage`, saying what was expected
 */
export function openSource(text: string, env: Environment): Source {
  if (text === 'datadog') return createDatadogSource(datadogFromEnvironment(env));
  const url = URL.parse(text.replace(/^prometheus\+/, ''));
  if (!/^prometheus\+https?:\/\//.test(text) || url === null) {
    throw new BackendError(
      'usage',
      `--source must be ${SOURCE_FORMS}; it is ${JSON.stringify(shownAddress(text))}.`,
    );
  }
  // Of a password with `/` the rest is taken for the path.
  if (url.password !== '' || url.pathname.includes('@')) {
    throw new BackendError(
      'usage',
      '--source must not have a password, which every process list shows: give it as TELLTALE_PROMETHEUS_PASSWORD.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new BackendError('usage', '--source must end with the path of the API, without ? and #.');
  }
  return createPrometheusSource({
    name: 'Prometheus',
    url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    headers: prometheusHeaders(decodedUser(url), env),
    credentials:
      'TELLTALE_PROMETHEUS_TOKEN, or TELLTALE_PROMETHEUS_USER and TELLTALE_PROMETHEUS_PASSWORD, and TELLTALE_PROMETHEUS_ORG_ID',
  });
}

function prometheusHeaders(user: string, env: Environment): Record<string, string> {
  const token = headerValue(env, 'TELLTALE_PROMETHEUS_TOKEN');
  const password = env['TELLTALE_PROMETHEUS_PASSWORD'];
  const tenant = headerValue(env, 'TELLTALE_PROMETHEUS_ORG_ID');
  const name = user || env['TELLTALE_PROMETHEUS_USER'] || '';
  if (token && password) {
    throw new BackendError(
      'usage',
      'Set TELLTALE_PROMETHEUS_TOKEN or TELLTALE_PROMETHEUS_PASSWORD, not both.',
    );
  }
  if (password && name === '') {
    throw new BackendError(
      'usage',
      'TELLTALE_PROMETHEUS_PASSWORD needs a user: in --source, or TELLTALE_PROMETHEUS_USER.',
    );
  }
  return {
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(password ? { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` } : {}),
    ...(tenant ? { 'x-scope-orgid': tenant } : {}),
  };
}

function decodedUser({ username }: URL): string {
  try {
    return decodeURIComponent(username);
  } catch {
    throw new BackendError('usage', '--source: the user must be percent-encoded UTF-8.');
  }
}
