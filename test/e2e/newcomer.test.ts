import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { decodeJson } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';
import { ask, exportTo } from '../support/app-requests.js';
import { temporaryFolder } from '../support/backend-process.js';
import { packInto } from '../support/packed.js';
import { instructions } from '../support/readme.js';

const SERVER = 2;

/** What the newcomer has already: flags, a route that asks for one, and a port. */
const APPLICATION = `
import { InMemoryProvider } from '@openfeature/server-sdk';

OpenFeature.setProvider(
  new InMemoryProvider({
    'new-checkout': { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
  }),
);
app.get('/carts/:id', async (_req, res) => {
  res.json(await OpenFeature.getClient().getBooleanValue('new-checkout', false));
});
const server = app.listen(0, () => process.send({ port: server.address().port }));
process.on('message', () => {
  server.closeAllConnections();
  server.close();
  process.disconnect();
});
`;

const { commands, files } = instructions('Your application');
const folder = temporaryFolder();

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{ "name": "newcomer", "private": true }');
  const tarball = await packInto(folder);
  for (const command of commands.filter((line) => line.startsWith('npm '))) {
    await promisify(execFile)('sh', ['-c', command.replace(/ telltale(?= |$)/, ` ${tarball}`)], {
      cwd: folder,
    });
  }
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("an application with the README's lines, started as the README says, has the variant on its SERVER span", async () => {
  for (const [name, code] of files) {
    writeFileSync(join(folder, name), name === 'app.js' ? code + APPLICATION : code);
  }
  const start = commands.find((line) => line.startsWith('node '));
  const [, telemetry, entry] = /^node --import (\S+) (\S+)$/.exec(start ?? '') ?? [];
  expect([telemetry, entry]).toEqual(['./telemetry.js', 'app.js']);

  await using collector = await startCollector();
  await using app = await startApp({
    fixtures: folder,
    telemetry,
    entry: 'app.js',
    env: exportTo(collector),
  });
  expect(await ask(app, '/carts/42')).toBe(200);
  await app.stop();

  const { spans, logs, metric } = decodeJson(collector.exports);
  const [span, ...others] = spans.filter((one) => one.kind === SERVER);
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    name: 'GET /carts/:id',
    attributes: { 'feature_flags.new-checkout': 'on', 'http.route': '/carts/:id' },
  });
  expect(logs.map((log) => [log.eventName, log.traceId])).toEqual([
    ['feature_flag.evaluation', span?.traceId],
  ]);
  expect(metric('telltale.operation.duration').map((point) => point.count)).toEqual([1]);
  expect(app.stderr()).toBe('');
});
