import { isIPv6 } from 'node:net';
import { environmentText } from '../core/settings-environment.js';
import type { OtlpTarget } from './otlp-target.js';
import { forAll } from './otlp-target.js';

/** All that Datadog has: a key that went to a misspelt one would be somebody else's. */
const SITES = /^([a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)$/;

/** Hosts of a site that are taken for it. */
const HOSTS = /^(api|app|otlp|www)\./;

/**
 * Requests larger than these its intake answers with 413. Its documentation has had several numbers; these are the
 * smallest, and hold before compression.
 */
const MAX_BYTES = { TRACES: 3_200_000, METRICS: 500_000, LOGS: 5_000_000 };

/**
 * Datadog's OTLP intake, without an agent.
 *
 * @throws Error where `DD_API_KEY` or `DD_SITE` cannot be right; it never shows the key.
 */
export function datadogIntake(): OtlpTarget {
  const key = { 'dd-api-key': apiKey() };
  const site = siteOf();
  return {
    url: `https://otlp.${site}`,
    headers: {
      // Trace metrics are not made of what comes without an agent, unless asked for.
      TRACES: { ...key, compute_stats: 'true' },
      // Keeps service.instance.id: of two points of one series in one second the last one wins.
      METRICS: { ...key, 'dd-otel-metric-config': '{"resource_attributes_as_tags":true}' },
      LOGS: key,
    },
    temporality: 'delta',
    maxBytes: MAX_BYTES,
    whenRefused: `Is DD_API_KEY a key of an organization on ${site} (DD_SITE)? And may it use this intake?`,
  };
}

/**
 * Datadog's agent, with its OTLP receiver.
 *
 * @throws Error where `DD_AGENT_HOST` is no host.
 */
export function datadogAgent(): OtlpTarget {
  const host = environmentText('DD_AGENT_HOST') ?? '127.0.0.1';
  if (!isIPv6(host) && !/^[A-Za-z0-9._-]+$/.test(host)) {
    throw new Error(
      `DD_AGENT_HOST has to be a host name or an IP address, without scheme and port, got "${host}".`,
    );
  }
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:4318`,
    headers: forAll({}),
    temporality: 'delta',
    whenRefused: 'Is it an agent of Datadog that listens there?',
  };
}

function siteOf(): string {
  const site = environmentText('DD_SITE') ?? 'datadoghq.com';
  if (SITES.test(site) && !HOSTS.test(site)) return site;
  throw new Error(
    `DD_SITE has to be a site of Datadog, such as datadoghq.com, datadoghq.eu or us5.datadoghq.com, got "${site}". ` +
      'The address in the browser has it after "app.".',
  );
}

const MEND = 'Set it to one of Organization Settings > API Keys: 32 hexadecimal digits.';

function apiKey(): string {
  const key = process.env['DD_API_KEY'] ?? '';
  if (key.trim() === '') throw new Error(`The exporter datadog needs DD_API_KEY, which is not set. ${MEND}`);
  if (/^[0-9a-f]{32}$/i.test(key)) return key;
  throw new Error(`DD_API_KEY cannot be an API key: it ${fault(key)}. ${MEND}`);
}

function fault(key: string): string {
  if (/\s/.test(key)) return 'has white space in it';
  if (/^[0-9a-f]{40}$/i.test(key)) return 'has the 40 hexadecimal digits of an application key';
  if (/^[0-9a-f]*$/i.test(key)) return `has ${key.length} hexadecimal digits`;
  return `has ${key.length} characters, not all of them hexadecimal digits`;
}
