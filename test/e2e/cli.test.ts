import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';

let dataDir: string;
let workDir: string;
let backend: BackendProcess;

/** One delta point of the real wire format, JSON: so many operations, all in one bucket. */
function point(variant: string, count: number, more: Record<string, string> = {}): unknown {
  const attributes = {
    'feature_flag.key': 'new-checkout',
    'feature_flag.result.variant': variant,
    'telltale.assignment': 'assigned',
    ...more,
  };
  const now = `${Date.now() - 1000}000000`;
  return {
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    startTimeUnixNano: now,
    timeUnixNano: now,
    count,
    scale: 2,
    positive: { offset: -21, bucketCounts: [count] },
  };
}

async function send(...dataPoints: unknown[]): Promise<void> {
  const metric = {
    name: 'telltale.operation.duration',
    unit: 's',
    exponentialHistogram: { aggregationTemporality: 1, dataPoints },
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const response = await fetch(`${backend.otlpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] }),
  });
  expect(response.status).toBe(200);
}

beforeAll(async () => {
  dataDir = temporaryFolder();
  workDir = temporaryFolder();
  backend = await telltaleUp(dataDir);
  await send(point('off', 9000), point('on', 995), point('on', 5, { 'error.type': '500' }));
  await send(
    point('off', 200_000, { 'feature_flag.key': 'harmless' }),
    point('on', 200_000, { 'feature_flag.key': 'harmless' }),
  );
  await send(
    point('off', 100, { 'feature_flag.key': 'young' }),
    point('on', 100, { 'feature_flag.key': 'young' }),
  );
});

afterAll(async () => {
  expect(await backend.stop()).toBe(0);
  for (const folder of [dataDir, workDir]) rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => telltale([...args, '--url', backend.apiUrl], workDir);

describe('flags', () => {
  test('lists flags with variants and traffic', async () => {
    const { code, stdout } = await run('flags');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^flag +variant +operations +share/);
    expect(stdout).toMatch(/new-checkout +off +9,000 +90\.0 % +9,000/);
    const document = JSON.parse((await run('flags', '--json')).stdout);
    expect(document.flags.map(({ flag }: { flag: string }) => flag)).toEqual([
      'harmless',
      'new-checkout',
      'young',
    ]);
  });
});

describe('compare', () => {
  test('prints the variants, the verdict and its reason', async () => {
    const { code, stdout } = await run('compare', 'new-checkout', '--slow', '300ms');
    expect(code).toBe(0);
    expect(stdout).toMatch(/off +9,000 +90\.0 % +0 +0\.0 % +\d/);
    expect(stdout).toContain('on against off: ROLL BACK');
    expect(stdout).toContain('control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.');
    expect(stdout).toContain('slower than 297 ms');
  });

  test('--json has the shape that is promised', async () => {
    const { stdout } = await run('compare', 'new-checkout', '--json', '--slow', '300ms');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      flag: 'new-checkout',
      control: 'off',
      window: { from: expect.stringMatching(/Z$/), to: expect.stringMatching(/Z$/) },
      variants: [
        { variant: 'off', requests: 9000, errors: 0, errorRate: 0 },
        { variant: 'on', requests: 1000, errors: 5, errorRate: 0.005 },
      ],
      comparisons: [
        {
          treatment: 'on',
          sampleRatio: null,
          errors: {
            method: 'requests',
            ratio: null,
            logEHarm: expect.closeTo(7.627337767729207, 9),
            logESafe: expect.any(Number),
          },
          slow: { method: 'requests', threshold: 2 ** (-7 / 4), ratio: null },
          verdict: 'roll-back',
          reasons: [],
          requestsNeeded: null,
        },
      ],
    });
    for (const { latency } of document.variants) {
      expect(latency.p50).toBeGreaterThan(2 ** (-21 / 4));
      expect(latency.p50).toBeLessThan(latency.p95);
      expect(latency.p99).toBeLessThanOrEqual(2 ** (-20 / 4));
    }
  });

  test('options of a flag come from telltale.config.json; the command line wins', async () => {
    const config = join(workDir, 'telltale.config.json');
    writeFileSync(config, JSON.stringify({ flags: { 'new-checkout': { slow: '600ms', alpha: 0.001 } } }));
    try {
      const configured = JSON.parse((await run('compare', 'new-checkout', '--json')).stdout);
      expect(configured.slowThreshold.asked).toBe(0.6);
      // ln 2,054 = 7.63 is above ln(2/0.001) = 7.60 and below ln(2/0.0001).
      expect(configured.comparisons[0].verdict).toBe('roll-back');
      const given = JSON.parse((await run('compare', 'new-checkout', '--json', '--alpha', '0.0001')).stdout);
      expect(given.comparisons[0].verdict).toBe('hold');
      writeFileSync(config, JSON.stringify({ flags: { 'new-checkout': { sloww: '1s' } } }));
      const wrong = await run('compare', 'new-checkout');
      expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('unknown option "sloww"')]);
      writeFileSync(config, JSON.stringify({ flags: { 'new-checkout': { until: '1h' } } }));
      const past = await run('check', 'new-checkout');
      expect([past.code, past.stderr]).toEqual([64, expect.stringContaining('must not have "until"')]);
      writeFileSync(config, '{');
      expect((await run('compare', 'new-checkout')).stderr).toContain('telltale.config.json is not JSON');
    } finally {
      rmSync(config);
    }
  });
});

describe('check', () => {
  test.each([
    ['harmless', 0, /^harmless on: ROLL FORWARD\n/],
    ['new-checkout', 10, /^new-checkout on: ROLL BACK\n/],
    ['young', 20, /^young on: HOLD \(inconclusive\)\n/],
  ])('%s ends with %i', async (flag, code, text) => {
    const result = await run('check', flag, '--slow', '300ms');
    expect([result.code, result.stdout]).toEqual([code, expect.stringMatching(text)]);
  });

  test('a flag without data holds and names those seen: no data is never a pass', async () => {
    const { code, stderr } = await run('check', 'unheard-of');
    expect(code).toBe(20);
    expect(stderr).toContain('Seen were: harmless, new-checkout, young.');
  });

  test('a variant that only named users have does not hold the others for ever', async () => {
    await send(
      point('off', 200_000, { 'feature_flag.key': 'named' }),
      point('on', 200_000, { 'feature_flag.key': 'named' }),
      point('debug', 3, { 'feature_flag.key': 'named', 'telltale.assignment': 'override' }),
    );
    expect((await run('check', 'named', '--slow', '300ms')).code).toBe(0);
    // But it does where the release means it to have a share.
    const meant = await run('check', 'named', '--slow', '300ms', '--allocation', 'off=45,on=45,debug=10');
    expect(meant.code).toBe(20);
  });

  test('without a control by name it does not guess', async () => {
    await send(
      point('v1', 100, { 'feature_flag.key': 'versions' }),
      point('v2', 300, { 'feature_flag.key': 'versions' }),
    );
    const { code, stderr } = await run('check', 'versions');
    expect([code, stderr]).toEqual([64, expect.stringContaining('Which variant is the control?')]);
    expect((await run('check', 'versions', '--control', 'v1')).code).toBe(20);
  });

  test('one variant alone holds', async () => {
    await send(point('off', 100, { 'feature_flag.key': 'lonely' }));
    const { code, stdout } = await run('check', 'lonely');
    expect([code, stdout]).toEqual([
      20,
      expect.stringContaining('lonely: HOLD. No operation of another variant than off was counted'),
    ]);
    const elsewhere = await run('compare', 'lonely', '--service', 'nowhere');
    expect(elsewhere.stderr).toContain('in service nowhere in the last 7 days. No flag was seen there.');
  });
});

describe('compare --evidence', () => {
  /** The verdict that was given, and the same from the file it was written to. */
  async function offline(flag: string, ...args: string[]) {
    const compared = await run('compare', flag, '--json', '--evidence', 'evidence.json', ...args);
    expect([compared.code, compared.stderr]).toEqual([0, '']);
    const file = JSON.parse(readFileSync(join(workDir, 'evidence.json'), 'utf8'));
    const judged = await telltale(['verdict', 'evidence.json', '--json'], workDir);
    expect([judged.code, judged.stderr]).toEqual([0, '']);
    return { comparison: JSON.parse(compared.stdout), file, judgement: JSON.parse(judged.stdout) };
  }

  function expectNear(actual: number | null, expected: number | null): void {
    if (actual === null || expected === null) expect(actual).toBe(expected);
    else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
  }

  test.each([
    ['new-checkout', 'roll-back'],
    ['harmless', 'roll-forward'],
    ['young', 'hold'],
  ])('%s: telltale verdict says the same of the file: %s', async (flag, verdict) => {
    const { comparison, file, judgement } = await offline(flag, '--slow', '300ms', '--alpha', '0.01');
    const [treatment] = comparison.comparisons;
    expect(judgement).toMatchObject({ verdict, reasons: treatment.reasons });
    for (const guardrail of ['errors', 'slow'] as const) {
      for (const name of ['ratio', 'low', 'high', 'logEHarm', 'logESafe'] as const) {
        expectNear(judgement[guardrail][name], treatment[guardrail][name]);
      }
    }
    expectNear(judgement.requestsNeeded, treatment.requestsNeeded);
    expect(treatment.explanation.slice(0, judgement.explanation.length)).toEqual(judgement.explanation);
    expect(treatment).not.toHaveProperty('evidence');
    // Every parameter, so that another release's defaults do not change the verdict.
    expect(file.parameters).toMatchObject({
      alphaHarm: 0.01,
      marginErrors: 1.5,
      slowThreshold: 2 ** (-7 / 4),
    });
  });

  test('is valid after the published schema, its strata in order', async () => {
    const { Ajv2020 } = await import('ajv/dist/2020.js');
    const at = new URL('../../schema/evidence.schema.json', import.meta.url);
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(at, 'utf8')));
    const { file } = await offline('new-checkout');
    expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
    expect(file.cells.map(({ variant }: { variant: string }) => variant)).toEqual(['off', 'on']);
  });

  test('of several treatments the one that is named', async () => {
    for (const variant of ['off', 'blue', 'green']) {
      await send(point(variant, 500, { 'feature_flag.key': 'colour' }));
    }
    rmSync(join(workDir, 'evidence.json'), { force: true });
    const several = await run('compare', 'colour', '--evidence', 'evidence.json');
    expect([several.code, several.stderr]).toEqual([
      64,
      '--evidence writes one comparison, and colour has 2: name one of blue, green with --treatment VARIANT.\n',
    ]);
    expect(existsSync(join(workDir, 'evidence.json'))).toBe(false);
    const { comparison, file } = await offline('colour', '--treatment', 'green');
    expect(file).toMatchObject({ control: 'off', treatment: 'green' });
    expect(comparison.comparisons).toHaveLength(1);
    expect(comparison.variants).toHaveLength(3);
  });

  test('says what is wrong with a treatment, and check takes one that is not there yet for no data', async () => {
    expect(await run('compare', 'new-checkout', '--treatment', 'mauve')).toMatchObject({
      code: 64,
      stderr: 'No operation had the treatment "mauve". Seen beside the control off: on.\n',
    });
    expect((await run('check', 'new-checkout', '--treatment', 'mauve')).code).toBe(20);
    expect(await run('compare', 'new-checkout', '--treatment', 'off')).toMatchObject({
      code: 64,
      stderr: 'treatment must be another variant than the control, off.\n',
    });
  });

  test('a file that cannot be written, none at all, and nothing to write', async () => {
    const nowhere = await run('compare', 'new-checkout', '--evidence', 'absent/evidence.json');
    expect([nowhere.code, nowhere.stderr]).toEqual([
      64,
      expect.stringMatching(/^absent\/evidence\.json cannot be written: ENOENT/),
    ]);
    expect((await run('compare', 'new-checkout', '--evidence', '-')).stderr).toContain('must be a file');
    await send(point('off', 100, { 'feature_flag.key': 'alone' }));
    expect(await run('compare', 'alone', '--evidence', 'evidence.json')).toMatchObject({
      code: 64,
      stderr: 'alone has only one variant so far: there is no evidence to write.\n',
    });
    const check = await run('check', 'new-checkout', '--evidence', 'evidence.json');
    expect([check.code, check.stderr]).toEqual([64, expect.stringContaining("Unknown option '--evidence'")]);
  });
});

describe('wrong calls', () => {
  test.each([
    [['compare'], 'compare needs FLAG'],
    [['compare', ''], 'compare needs FLAG'],
    [['compare', 'a', 'b'], 'does not take "b"'],
    [['compare', 'a', '--slow', '1s', '--slow', '2s'], '--slow is given twice'],
    [['check', 'new-checkout', '--route', '/'], '--route'],
    [['check', 'new-checkout', '--until', '10m'], '--until'],
    [['compare', 'new-checkout', '--since', '10m', '--until', '1h'], 'since must be before until'],
    [['flags', '--since', '999999999999d'], 'since must be a duration'],
    [['compare', 'a', '--nonsense'], '--nonsense'],
    [['compare', 'new-checkout', '--slow', '300'], 'slow must be a duration'],
    [['compare', 'new-checkout', '--control', 'mauve'], 'control must be a variant that was seen: off, on'],
    [['compare', 'unheard-of'], 'Seen were: '],
    [['check', 'new-checkout', '--alpha', '2'], 'alpha must be a number'],
    [['sideways'], 'There is no command "sideways"'],
    [['up', '--port', '99999'], '--port must be a port'],
    [['up', '--data', 'x', '--clickhouse', 'http://localhost:1'], 'not both'],
    [['up', '--clickhouse', 'localhost'], '--clickhouse must be an http address'],
    [['flags', '--url', 'ftp://x'], '--url must be an http address'],
    [['flags', '--url', 'http://u:p4ss@127.0.0.1'], '--url must be an http address without user'],
    [['flags', '--url', 'http://:p4ss@127.0.0.1'], '--url must be an http address without user'],
  ])('%j ends with 64', async (args, text) => {
    const takesUrl = args[0] !== 'up' && args[0] !== 'sideways' && !args.includes('--url');
    const { code, stderr } = takesUrl ? await run(...args) : await telltale(args, workDir);
    expect([code, stderr]).toEqual([64, expect.stringContaining(text)]);
    expect(stderr).not.toContain('p4ss');
  });

  test('--help of every command says what it takes', async () => {
    for (const command of ['up', 'flags', 'compare', 'check', 'verdict', 'simulate']) {
      const { code, stdout } = await telltale([command, '--help']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^telltale ${command}`))]);
    }
    expect((await telltale(['--help'])).stdout).toContain('telltale compare FLAG');
    const nothing = await telltale([]);
    expect([nothing.code, nothing.stderr]).toEqual([64, expect.stringContaining('telltale compare FLAG')]);
  });
});

describe('no backend', () => {
  test('an address where nothing listens: one sentence, how to start it, 69', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { code, stderr } = await telltale(['check', 'x', '--url', `http://127.0.0.1:${port}`]);
    expect(code).toBe(69);
    expect(stderr).toBe(
      `No Telltale backend answers at http://127.0.0.1:${port} (ECONNREFUSED); start one with \`telltale up\`, or name yours with --url URL.\n`,
    );
  });

  test.each(['<html>', '{"a":1}', 'null'])(
    'something else that listens there, and says %s, is told apart',
    async (body) => {
      const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const { code, stderr } = await telltale(['flags', '--url', `http://127.0.0.1:${port}`]);
      await new Promise((resolve) => server.close(resolve));
      expect([code, stderr]).toEqual([69, expect.stringContaining('is not a Telltale backend')]);
    },
  );

  test('a port in use: which port and which option', async () => {
    const otlp = new URL(backend.otlpUrl).port;
    const folder = temporaryFolder();
    const taken = await telltale(['up', '--otlp-port', otlp, '--port', '0', '--data', folder]);
    expect([taken.code, taken.stderr]).toEqual([
      69,
      expect.stringContaining(
        `port ${otlp} of 127.0.0.1 is in use. Stop what listens there, name another with --otlp-port`,
      ),
    ]);
    rmSync(folder, { recursive: true });
  });

  test('a data folder in use, and a ClickHouse that does not answer', async () => {
    const inUse = await telltale(['up', '--otlp-port', '0', '--port', '0', '--data', dataDir]);
    expect([inUse.code, inUse.stderr]).toEqual([
      69,
      expect.stringContaining('another `telltale up` uses it'),
    ]);
    const silent = await telltale([
      'up',
      '--otlp-port',
      '0',
      '--port',
      '0',
      '--clickhouse',
      'http://u:secret@127.0.0.1:9',
    ]);
    expect([silent.code, silent.stderr]).toEqual([69, expect.stringContaining('did not answer')]);
    expect(silent.stderr).not.toContain('secret');
    expect(silent.stderr.trim().split('\n')).toHaveLength(1);
    const nowhere = await telltale(['up', '--otlp-port', '0', '--port', '0', '--data', '/proc/telltale']);
    expect([nowhere.code, nowhere.stderr]).toEqual([69, expect.stringContaining('cannot be made')]);
  });
});

describe('the API', () => {
  test.each([
    ['GET', '/api/v1/flags?nonsense=1', 400, 'There is no parameter "nonsense"'],
    ['GET', '/api/v1/flags/new-checkout/comparison?evidence=yes', 400, 'evidence must be 1, once'],
    ['GET', '/api/v1/flags/new-checkout/comparison?evidence=1&evidence=1', 400, 'evidence must be 1, once'],
    ['GET', '/api/v1/flags/new-checkout/comparison?treatment=mauve', 404, 'No operation had the treatment'],
    ['GET', '/api/v1/flags/%E0%A4%A/comparison', 400, 'percent-encoded'],
    ['GET', '/api/v1/flags/unheard-of/comparison', 404, 'evaluated the flag'],
    ['GET', '/elsewhere', 404, 'GET /api/v1/flags'],
    ['GET', '//', 404, 'GET /api/v1/flags'],
    ['GET', '/api/v1/flags/x/comparison?since=999999999999d', 400, 'since must be a duration'],
    ['POST', '/api/v1/flags', 405, 'Only GET'],
  ])('%s %s answers %i', async (method, path, status, text) => {
    const response = await fetch(`${backend.apiUrl}${path}`, { method });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(text);
  });
});
