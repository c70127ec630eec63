import { describe, expect, test } from 'vitest';
import { changeRoutes } from '../../src/server/change-routes.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { historyOf } from '../support/changes.js';
import { exponentialPoint, resource } from '../support/points.js';
import { type Answered, temporaryApi } from '../support/temporary-api.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const NOW = 1_800_000_000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const store = temporaryStore();
const ask = temporaryApi(() =>
  changeRoutes(historyOf(store()), createKeptChanges(store().query), store(), () => NOW),
);

const post = (body: unknown): Promise<Answered> =>
  ask('/api/v1/changes', { method: 'POST', body: JSON.stringify(body) });
const list = async (query = ''): Promise<unknown[]> => (await ask(`/api/v1/changes${query}`)).body.changes;

describe('POST /api/v1/changes', () => {
  test('a flag change is there as soon as it is acknowledged, with all that was told', async () => {
    const flag = freshFlag();
    const answer = await post({
      kind: 'flag',
      flag,
      time: '2027-01-15T08:59:30+01:00',
      environment: 'production',
      version: '7',
      shares: { on: 10, off: 90 },
      sharesBefore: { off: 100 },
      description: 'first step',
      author: 'ada@example.com',
    });
    const change = {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      kind: 'flag',
      origin: 'api',
      time: iso(NOW - 30),
      flag,
      service: null,
      environment: 'production',
      version: '7',
      shares: { on: 0.1, off: 0.9 },
      sharesBefore: { off: 1 },
      description: 'first step',
      author: 'ada@example.com',
    };
    expect(answer).toEqual({ status: 201, body: { created: true, change } });
    expect(await list(`?flag=${flag}`)).toEqual([change]);
  });

  test('without a time it was made now, and what is not told is null', async () => {
    const flag = freshFlag();
    const { body } = await post({ kind: 'flag', flag });
    expect(body.change).toEqual({
      ...{ id: expect.any(String), kind: 'flag', origin: 'api', time: iso(NOW), flag, service: null },
      ...{ environment: null, version: null, shares: null, sharesBefore: null, description: null },
      author: null,
    });
  });

  test('told twice it is one: by its id, and by its content where it has none', async () => {
    const flag = freshFlag();
    const named = { kind: 'flag', flag, id: `release-${flag}`, shares: { on: 1, off: 3 } };
    expect((await post(named)).status).toBe(201);
    expect(await post({ ...named, shares: { off: 75, on: 25 } })).toMatchObject({
      status: 200,
      body: { created: false, change: { shares: { on: 0.25, off: 0.75 } } },
    });
    const unnamed = { kind: 'flag', flag, time: iso(NOW - 60) };
    expect((await post(unnamed)).body.created).toBe(true);
    expect((await post(unnamed)).body.created).toBe(false);
    expect(await list(`?flag=${flag}`)).toHaveLength(2);
  });

  test('another change under a known id is refused', async () => {
    const flag = freshFlag();
    await post({ kind: 'flag', flag, id: `taken-${flag}` });
    const { status, body } = await post({ kind: 'flag', flag, id: `taken-${flag}`, version: '2' });
    expect([status, body.error.code]).toEqual([409, 'conflict']);
    expect(body.error.message).toContain(`Another change has the id "taken-${flag}"`);
    const moved = { kind: 'flag', flag, id: `taken-${flag}`, time: iso(NOW - 60) };
    expect((await post(moved)).status).toBe(409);
  });

  test.each([
    [{}, 'kind must be "flag" or "deployment"; it is missing.'],
    [{ kind: 'flag', flag: 'f', time: '2026-02-31T20:00:00Z' }, 'time must be an ISO time'],
    [{ kind: 'flag' }, "flag must be the flag's key, as kind is flag; it is missing."],
    [{ kind: 'flag', flag: '' }, 'flag must be a text of 1 to 128 characters without control characters'],
    [{ kind: 'flag', flag: 'f'.repeat(129) }, 'flag must be a text of 1 to 128'],
    [{ kind: 'flag', flag: 'f', service: 's' }, 'service must be left out: a flag changes for every service'],
    [
      { kind: 'flag', flag: 'f', author: 'a\u001b[2J' },
      'author must be a text of 1 to 256 characters without',
    ],
    [{ kind: 'flag', flag: 'f', description: 'd'.repeat(2001) }, 'description must be a text of 1 to 2000'],
    [{ kind: 'flag', flag: 'f', time: '2027-01-15 08:59' }, 'time must be an ISO time with its offset'],
    [{ kind: 'flag', flag: 'f', time: iso(NOW + 301) }, 'not in the future'],
    [{ kind: 'flag', flag: 'f', shares: [] }, 'shares must be an object of 1 to 100 variants'],
    [{ kind: 'flag', flag: 'f', shares: {} }, 'shares must be an object of 1 to 100 variants'],
    [{ kind: 'flag', flag: 'f', shares: { on: 0 } }, 'shares must be an object of 1 to 100 variants'],
    [
      { kind: 'flag', flag: 'f', shares: { on: -1, off: 2 } },
      'shares["on"] must be a number from 0 on; it is -1.',
    ],
    [{ kind: 'flag', flag: 'f', sharesBefore: { on: '1' } }, 'sharesBefore["on"] must be a number from 0 on'],
    [{ kind: 'flag', flag: 'f', origin: 'webhook' }, 'There is no field "origin": kind, time, shares'],
    [
      { kind: 'deployment', version: '2' },
      'service must be a service.name, as kind is deployment; it is missing.',
    ],
    [
      { kind: 'deployment', service: 's' },
      'version must be the service.version that was deployed; it is missing.',
    ],
    [{ kind: 'deployment', service: 's', version: '2', flag: 'f' }, 'flag must be left out'],
    [{ kind: 'deployment', service: 's', version: '2', shares: { on: 1 } }, 'shares must be left out'],
  ])('%j is refused, naming the field', async (body, message) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'bad-request']);
    expect(answer.body.error.message).toContain(message);
  });

  test('the largest that is taken, and the smallest that is not', async () => {
    const flag = freshFlag();
    const change = JSON.stringify({ kind: 'flag', flag });
    const padded = (length: number): Promise<Answered> =>
      ask('/api/v1/changes', { method: 'POST', body: change.padEnd(length, ' ') });
    expect((await padded(65_536)).status).toBe(201);
    expect(await padded(65_537)).toMatchObject({ status: 413, body: { error: { code: 'too-large' } } });
  });

  test('what is no JSON object in UTF-8 is refused', async () => {
    for (const body of ['{', '[]', 'null', '']) {
      expect((await ask('/api/v1/changes', { method: 'POST', body })).status).toBe(400);
    }
    const latin1 = await ask('/api/v1/changes', {
      method: 'POST',
      body: Buffer.from('{"flag":"\xe9"}', 'latin1'),
    });
    expect(latin1.body.error.message).toContain('must be JSON in UTF-8');
  });
});

describe('GET /api/v1/changes', () => {
  test('newest first, of one flag with deployments of its services, within the time asked for', async () => {
    const [flag, other] = [freshFlag(), freshFlag()];
    await post({ kind: 'flag', flag, time: iso(NOW - 86_400 * 8), description: 'older than a week' });
    await post({ kind: 'flag', flag, time: iso(NOW - 7200), description: 'first' });
    await post({ kind: 'flag', flag: other, time: iso(NOW - 5000), description: 'other' });
    await post({ kind: 'deployment', service: `shop-${flag}`, version: '2', time: iso(NOW - 3600) });
    await post({ kind: 'flag', flag, time: iso(NOW - 60), description: 'second' });
    await post({ kind: 'deployment', service: 'elsewhere', version: '3', time: iso(NOW - 3000) });
    const service = resource({ 'service.name': `shop-${flag}` });
    const reading = { start: NOW - 200, time: NOW - 100, scale: 2, buckets: new Map([[-21, 1]]) };
    await store().sink.metrics([exponentialPoint({ flag, variant: 'on', resource: service }, reading, 1)]);
    const seen = async (query: string): Promise<unknown[]> =>
      (await list(query)).map((change) => {
        const { description, version } = change as Record<string, unknown>;
        return description ?? version;
      });
    expect(await seen(`?flag=${flag}`)).toEqual(['second', '2', 'first']);
    expect(await seen(`?flag=${flag}&since=2h`)).toEqual(['second', '2']);
    expect(await seen(`?flag=${flag}&since=30d`)).toEqual(['second', '2', 'first', 'older than a week']);
    expect(await seen('?since=90m')).toEqual(expect.arrayContaining(['second', '2', '3', 'other']));
  });

  test('what is not asked for so is refused', async () => {
    expect((await ask('/api/v1/changes?flags=a')).body.error.message).toBe(
      'There is no parameter "flags" here: flag and since.',
    );
    for (const query of ['flag=', 'flag=a&flag=b', 'since=']) {
      const { status, body } = await ask(`/api/v1/changes?${query}`);
      expect([query, status, body.error?.message]).toEqual([
        query,
        400,
        expect.stringContaining('given once'),
      ]);
    }
    expect((await ask('/api/v1/changes?since=soon')).body.error.message).toContain(
      'since must be a duration',
    );
  });
});
