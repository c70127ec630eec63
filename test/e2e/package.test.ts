import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/backend-process.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

let folder: string;

/** The packed tarball, installed beside what an Express team has. */
beforeAll(async () => {
  folder = temporaryFolder();
  const tarball = await packInto(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  await run('npm', ['install', '--no-audit', '--no-fund', tarball, 'express', '@openfeature/server-sdk'], {
    cwd: folder,
  });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (...args: string[]) => run(process.execPath, args, { cwd: folder });

describe('the installed package', () => {
  test('brings nothing of the backend, and of OpenTelemetry only the API', () => {
    const modules = join(folder, 'node_modules');
    const installed = readdirSync(modules);
    expect(installed).toContain('telltale');
    expect(installed).not.toContain('chdb');
    expect(existsSync(join(modules, '@chdb'))).toBe(false);
    expect(existsSync(join(modules, '@clickhouse'))).toBe(false);
    expect(readdirSync(join(modules, '@opentelemetry'))).toEqual(['api']);
  });

  test('holds the build, the command and the licence, and no sources or tests', () => {
    const files = readdirSync(join(folder, 'node_modules/telltale'));
    expect(files.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dashboards',
      'dist',
      'docs',
      'package.json',
      'schema',
    ]);
  });

  test('is loaded by import and by require, as one and the same module', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import { flagObservability } from 'telltale/express';
      import { TelltaleHook } from 'telltale/openfeature';
      const require = createRequire(import.meta.url);
      console.log(require('telltale/express').flagObservability === flagObservability,
        require('telltale/openfeature').TelltaleHook === TelltaleHook, typeof flagObservability());`;
    expect((await node('--input-type=module', '--eval', script)).stdout).toBe('true true function\n');
  });

  test('startTelemetry says what to install', async () => {
    const script = "import { startTelemetry } from 'telltale/node'; startTelemetry({ serviceName: 'app' });";
    const failed = await node('--input-type=module', '--eval', script).catch(
      (error: { stderr: string }) => error,
    );
    expect(failed.stderr).toMatch(/npm install .*@opentelemetry\/sdk-node/);
  });

  test('telltale up says what brings the engine, and ends with 69', async () => {
    const failed = await node('node_modules/telltale/bin/telltale.js', 'up').catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('npx -p telltale -p chdb -p @clickhouse/client telltale up'),
    });
  });

  test('telltale verdict and simulate need nothing more', async () => {
    const cell = { epoch: '1', from: 0, serviceVersion: '' };
    const evidence = {
      version: 1,
      flag: 'new-checkout',
      control: 'off',
      treatment: 'on',
      cells: [
        { ...cell, variant: 'on', requests: 1000, errors: 5 },
        { ...cell, variant: 'off', requests: 9000, errors: 0 },
      ],
    };
    writeFileSync(join(folder, 'evidence.json'), JSON.stringify(evidence));
    const command = 'node_modules/telltale/bin/telltale.js';
    const { stdout } = await node(command, 'verdict', 'evidence.json');
    expect(stdout).toContain('control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.');
    expect((await node(command, 'simulate', '--runs', '1')).stdout).toContain('1 simulated release,');
    const script = `
      import { judge } from 'telltale/stats';
      import schema from 'telltale/evidence.schema.json' with { type: 'json' };
      console.log(judge(${JSON.stringify(evidence)}).verdict, schema.properties.version.const);`;
    expect((await node('--input-type=module', '--eval', script)).stdout).toBe('roll-back 1\n');
  });

  test('what the types promise holds in a project that checks them strictly', async () => {
    const code = `import express from 'express';
import { OpenFeature } from '@openfeature/server-sdk';
import { flagObservability } from 'telltale/express';
import { TelltaleHook } from 'telltale/openfeature';
OpenFeature.addHooks(new TelltaleHook());
express().use(flagObservability());
`;
    // The second is a CommonJS file, whose imports become require().
    for (const name of ['app.ts', 'app.cts']) writeFileSync(join(folder, name), code);
    await run('npm', ['install', '--no-audit', '--no-fund', '@types/express@5', '@types/node@24'], {
      cwd: folder,
    });
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      'app.ts',
      'app.cts',
    ];
    await expect(node(tsc, ...options)).resolves.toMatchObject({ stdout: '' });
  }, 120_000);
});

const JEST_TEST = `
const { once } = require('node:events');
const { OpenFeature } = require('@openfeature/server-sdk');
const express = require('express');
const { flagObservability } = require('telltale/express');
const { TelltaleHook } = require('telltale/openfeature');

OpenFeature.addHooks(new TelltaleHook());
const app = express();
app.use(flagObservability());
app.get('/', async (_req, res) => {
  res.json(await OpenFeature.getClient().getBooleanValue('new-checkout', true));
});

test('the page answers', async () => {
  const server = app.listen(0);
  await once(server, 'listening');
  const response = await fetch('http://127.0.0.1:' + server.address().port);
  expect(await response.json()).toBe(true);
  server.closeAllConnections();
  server.close();
});
`;

/** The configuration that docs/install.md gives. */
function documentedJestConfig(): string {
  const text = readFileSync(join(ROOT, 'docs/install.md'), 'utf8');
  return /^```js\n(module\.exports = \{\n.*?^\};\n)```$/ms.exec(text)?.[1] ?? '';
}

describe('under Jest, which keeps modules of its own', () => {
  beforeAll(async () => {
    const packages = ['jest@30.5.2', '@babel/plugin-transform-modules-commonjs@7'];
    await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder });
    writeFileSync(join(folder, 'app.test.cjs'), JEST_TEST);
    writeFileSync(join(folder, 'jest.transform.cjs'), documentedJestConfig());
    writeFileSync(join(folder, 'jest.plain.cjs'), 'module.exports = { transform: {} };');
  }, 120_000);

  const jest = (nodeOptions: readonly string[], config: string) =>
    node(...nodeOptions, 'node_modules/jest/bin/jest.js', '--config', config).catch(
      (error: { stderr: string }) => error,
    );

  test.each([
    ['by a flag of Node', ['--experimental-vm-modules'], 'jest.plain.cjs'],
    ['by transforming it', [], 'jest.transform.cjs'],
  ])('an application that requires the package is tested %s', async (_way, nodeOptions, config) => {
    expect((await jest(nodeOptions, config)).stderr).toContain('Tests:       1 passed, 1 total');
  });

  test('without either, Jest refuses', async () => {
    expect((await jest([], 'jest.plain.cjs')).stderr).toContain('Must use import to load ES Module');
  });
});
