import { describe, expect, test } from 'vitest';
import { readNotify } from '../../src/cli/notify-options.js';
import type { ChangeDocument } from '../../src/server/change-log.js';
import { readTargets } from '../../src/server/notify/target-options.js';

const ENV = { DD_API_KEY: 'k', TELLTALE_GRAFANA_TOKEN: 'glsa_secret' };

describe('readTargets', () => {
  test('takes each form, and more from the environment', () => {
    const env = {
      ...ENV,
      DD_SITE: 'datadoghq.eu',
      TELLTALE_NOTIFY: 'https://hooks.slack.com/services/T/B/x , ',
    };
    const targets = readTargets(['datadog', 'grafana+http://127.0.0.1:3000/prefix/'], env);
    expect(targets.map(({ kind, name, accepts }) => [kind, name, accepts])).toEqual([
      ['datadog', 'datadog', 'change'],
      ['grafana', 'grafana at 127.0.0.1:3000', 'change'],
      ['webhook', 'webhook at hooks.slack.com', 'verdict'],
    ]);
    const change: ChangeDocument = {
      ...{ id: 'c', kind: 'flag', origin: 'api', time: '2026-11-25T00:00:00.000Z', flag: 'f', service: null },
      ...{
        environment: null,
        version: null,
        shares: null,
        sharesBefore: null,
        description: null,
        author: null,
      },
    };
    const urls = targets
      .slice(0, 2)
      .map((target) => target.request({ kind: 'change', id: 'n', change, services: [] }, 0).url);
    expect(urls).toEqual([
      'https://event-management-intake.datadoghq.eu/api/v2/events',
      'http://127.0.0.1:3000/prefix/api/annotations',
    ]);
  });

  test.each([
    ['slack', {}, 'it must be datadog, grafana+https://host/path'],
    ['grafana+ftp://host', {}, 'it must be datadog'],
    ['https://user:pass@host/hook', {}, 'at host must not have a user or password'],
    ['https://host/a/b@c', {}, 'must not have a user or password'],
    ['https://host/secret#x', {}, 'before the #'],
    ['grafana+https://host/?orgId=1', ENV, 'without ?'],
    ['grafana+https://host', {}, 'TELLTALE_GRAFANA_TOKEN'],
    ['datadog', {}, 'DD_API_KEY'],
    ['datadog', { DD_API_KEY: 'k', DD_SITE: 'evil.com/' }, 'DD_SITE must be a site'],
    ['https://host/secret,https://host/secret', {}, 'webhook at host is given twice'],
    ['https://host/secret', { TELLTALE_NOTIFY_SECRET: 'short' }, 'whsec_ and the base64 of 24 to 64 bytes'],
    ['https://host/secret', { TELLTALE_NOTIFY_SECRET: 'whsec_c2hvcnQ=' }, 'whsec_ and the base64'],
    // Python's base64 takes none without its padding.
    ['https://host/secret', { TELLTALE_NOTIFY_SECRET: `whsec_${'c2hvcnQ'.repeat(5)}` }, 'the = that it ends'],
  ])('refuses %s with %o, and shows no secret', (text, env, message) => {
    const read = () => readTargets(text.split(','), env);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/pass@|secret\b|short|c2hvcnQ/);
  });
});

test('--public-url is an address without ? and #', () => {
  expect(readNotify(['https://host/x'], 'https://t.example/telltale/', {})).toMatchObject({
    apiUrl: 'https://t.example/telltale',
  });
  expect(readNotify(['https://host/x'], 'https://t.example?', {})).toMatchObject({
    apiUrl: 'https://t.example',
  });
  expect(() => readNotify([], 't.example', {})).toThrow('--public-url must be the address');
  expect(readNotify([], undefined, {})).toBeUndefined();
});

test.each([
  'https://:pass@t.example',
  'https://user:pass@t.example',
  'https://user@t.example',
  'https://user:1/pass@t.example',
  'https://user:p/pass@t.example',
  'user:pass@t.example',
])('--public-url %s is refused, and the password not shown', (text) => {
  const read = () => readNotify(['https://host/x'], text, {});
  expect(read).toThrow('--public-url must');
  expect(read).not.toThrow(/pass@|user:/);
});
