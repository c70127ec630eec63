import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clickHouseLocation } from '../../src/store/clickhouse-location.js';

const folder = mkdtempSync(join(tmpdir(), 'telltale-pem-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pem = (name: string): string => {
  const file = join(folder, name);
  writeFileSync(file, name);
  return file;
};

test('user, password and database come from the environment, never from nowhere', () => {
  expect(clickHouseLocation('http://h:8123', {})).toEqual({ clickhouseUrl: 'http://h:8123' });
  expect(
    clickHouseLocation('http://h:8123', {
      TELLTALE_CLICKHOUSE_USER: 'u',
      TELLTALE_CLICKHOUSE_PASSWORD: 'p',
      TELLTALE_CLICKHOUSE_DATABASE: 'd',
    }),
  ).toEqual({ clickhouseUrl: 'http://h:8123', username: 'u', password: 'p', database: 'd' });
});

test('certificates are read from files', () => {
  const env = {
    TELLTALE_CLICKHOUSE_CA_FILE: pem('ca'),
    TELLTALE_CLICKHOUSE_CERT_FILE: pem('cert'),
    TELLTALE_CLICKHOUSE_KEY_FILE: pem('key'),
  };
  expect(clickHouseLocation('https://h:8443', env).tls).toEqual({
    ca_cert: Buffer.from('ca'),
    cert: Buffer.from('cert'),
    key: Buffer.from('key'),
  });
  expect(clickHouseLocation('https://h', { TELLTALE_CLICKHOUSE_CA_FILE: pem('ca') }).tls).toEqual({
    ca_cert: Buffer.from('ca'),
  });
});

test.each([
  ['ftp://h', {}, 'must be an http address'],
  ['http://u:secret@h', { TELLTALE_CLICKHOUSE_PASSWORD: 'secret' }, 'A user stands in --clickhouse and in'],
  ['http://h/d', { TELLTALE_CLICKHOUSE_DATABASE: 'e' }, 'A database stands in --clickhouse and in'],
  ['http://h', { TELLTALE_CLICKHOUSE_CA_FILE: pem('ca') }, 'need an https address'],
  ['https://h', { TELLTALE_CLICKHOUSE_CA_FILE: join(folder, 'none') }, 'names a file that cannot be read'],
  ['https://h', { TELLTALE_CLICKHOUSE_CERT_FILE: pem('cert') }, '_CERT_FILE and _KEY_FILE go together'],
  [
    'https://h',
    { TELLTALE_CLICKHOUSE_CA_FILE: pem('ca'), TELLTALE_CLICKHOUSE_KEY_FILE: pem('key') },
    '_CERT_FILE and _KEY_FILE go together',
  ],
])('%s with %j is refused without a secret in the message', (url, env, message) => {
  const location = (): unknown => clickHouseLocation(url, env);
  expect(location).toThrow(message);
  expect(location).not.toThrow('secret');
});
