import { createHash } from 'node:crypto';
import { datadogSite } from '../../sources/datadog-client.js';
import { headerValue } from '../../sources/http-json.js';
import { BackendError } from '../../store/backend-error.js';
import { datadogEvent } from './datadog-event.js';
import { grafanaAnnotation } from './grafana-annotation.js';
import type { ChangeNotice, VerdictTurn } from './notice.js';
import type { Target } from './target.js';
import { webhookHeaders, webhookMessage } from './webhook-message.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Holds further targets, as `--notify` takes them: addresses of webhooks are often secrets. */
export const NOTIFY = 'TELLTALE_NOTIFY';
export const NOTIFY_SECRET = 'TELLTALE_NOTIFY_SECRET';
export const GRAFANA_TOKEN = 'TELLTALE_GRAFANA_TOKEN';

const FORMS = 'datadog, grafana+https://host/path, or the address of a webhook such as https://host/path';

/** Many enough for every team's channel; each is a loop of its own. */
const MAX_TARGETS = 20;

/**
 * Targets as texts name them. Secrets are read from the environment, and an address is not shown beyond its host.
 *
 * @throws BackendError `usage`
 */
export function readTargets(texts: readonly string[], env: Environment): Target[] {
  const more = (env[NOTIFY] ?? '').split(',').map((text) => text.trim());
  const all = [...texts, ...more.filter((text) => text !== '')];
  const targets = all.map((text) => readTarget(text, env));
  const twice = targets.find(({ key }, i) => targets.findIndex((other) => other.key === key) !== i);
  if (twice !== undefined) throw usage(`${twice.name} is given twice; give it once.`);
  if (targets.length > MAX_TARGETS) throw usage(`there are ${targets.length}; give ${MAX_TARGETS} at most.`);
  return targets;
}

function readTarget(text: string, env: Environment): Target {
  if (text === 'datadog') {
    const apiKey = headerValue(env, 'DD_API_KEY');
    if (apiKey === '') throw usage('datadog needs DD_API_KEY in the environment.');
    return datadogTarget(`https://event-management-intake.${datadogSite(env)}`, apiKey);
  }
  const isGrafana = text.startsWith('grafana+');
  const url = readAddress(text, isGrafana ? text.slice('grafana+'.length) : text);
  if (!isGrafana) return webhookTarget(url.href, readSecret(env));
  if (url.search !== '') throw usage('the address of Grafana must end with its path, without ?.');
  const token = headerValue(env, GRAFANA_TOKEN);
  if (token === '') {
    throw usage(
      `grafana needs the token of a service account that may create annotations, in ${GRAFANA_TOKEN}.`,
    );
  }
  return grafanaTarget(`${url.origin}${url.pathname.replace(/\/+$/, '')}`, token);
}

function readAddress(given: string, address: string): URL {
  const url = URL.parse(address);
  if (url === null || !/^https?:\/\//.test(address)) {
    const start = /^[a-z+]+:\/\//.exec(given)?.[0] ?? given.slice(0, 10);
    throw usage(`it must be ${FORMS}; what was given begins with ${JSON.stringify(start)}.`);
  }
  // Of a password with `/` the rest is taken for the path.
  if (url.username !== '' || url.password !== '' || url.pathname.includes('@')) {
    throw usage(
      `the address at ${url.host} must not have a user or password: secrets stand in the environment.`,
    );
  }
  if (url.hash !== '') throw usage(`the address at ${url.host} must end before the #.`);
  return url;
}

/** `whsec_` and base64 with its padding, which receivers' libraries insist on: 24 to 64 bytes, as Standard Webhooks has it. */
function readSecret(env: Environment): Buffer | undefined {
  const text = env[NOTIFY_SECRET] ?? '';
  if (text === '') return undefined;
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const key = Buffer.from(base64, 'base64');
  if (base64.length % 4 === 0 && key.length >= 24 && key.length <= 64) return key;
  throw usage(
    `${NOTIFY_SECRET} must be whsec_ and the base64 of 24 to 64 bytes, with the = that it ends with: echo "whsec_$(openssl rand -base64 32)" makes one.`,
  );
}

function usage(message: string): BackendError {
  return new BackendError('usage', `--notify or ${NOTIFY}: ${message}`);
}

/** @param url of the intake, without a path */
export function datadogTarget(url: string, apiKey: string): Target {
  return {
    ...{ kind: 'datadog', key: targetKey('datadog', url), name: 'datadog', accepts: 'change' },
    request: (notice) => ({
      url: `${url}/api/v2/events`,
      headers: { 'dd-api-key': apiKey },
      body: JSON.stringify(datadogEvent(notice as ChangeNotice)),
    }),
  };
}

/** @param url without a slash at its end */
export function grafanaTarget(url: string, token: string): Target {
  return {
    ...{ kind: 'grafana', key: targetKey('grafana', url), name: `grafana at ${new URL(url).host}` },
    accepts: 'change',
    request: (notice) => ({
      url: `${url}/api/annotations`,
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(grafanaAnnotation(notice as ChangeNotice)),
    }),
  };
}

/** @param key by which its messages are signed */
export function webhookTarget(url: string, key: Buffer | undefined): Target {
  return {
    ...{ kind: 'webhook', key: targetKey('webhook', url), name: `webhook at ${new URL(url).host}` },
    accepts: 'verdict',
    request(notice, now) {
      const body = JSON.stringify(webhookMessage(notice as VerdictTurn));
      return { url, headers: webhookHeaders(notice.id, body, key, now), body };
    },
  };
}

function targetKey(kind: string, url: string): string {
  return createHash('sha256').update(`${kind} ${url}`).digest('hex').slice(0, 32);
}
