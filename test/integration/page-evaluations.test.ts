import { describe, expect, test } from 'vitest';
import type { Temporality } from '../../src/otlp/model.js';
import { type EvaluationStream, evaluationPoint } from '../support/evaluation-points.js';
import { HOSTILE, pageApi } from '../support/page-api.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = Math.floor(Date.now() / 1000) - 3600;

const store = temporaryStore();
const ask = pageApi(store, () => T0 + 1800);

/** A point of the counter, cumulative since `start`. */
const evaluations = (
  of: EvaluationStream,
  at: number,
  value: number,
  start = 0,
  temporality: Temporality = 2,
) => evaluationPoint(of, { start: T0 + start, time: T0 + at, value }, temporality);

const path = (flag: string, query = ''): string =>
  `/api/v1/flags/${encodeURIComponent(flag)}/evaluations${query}`;

describe('evaluations', () => {
  test('are what cumulative points added, by variant, reason, provider and error', async () => {
    const flag = freshFlag();
    const on = { flag, variant: 'on' };
    await store().sink.metrics([
      evaluations(on, 60, 40),
      evaluations(on, 120, 100),
      // A retry, and a restart.
      evaluations(on, 120, 100),
      evaluations(on, 300, 7, 200),
      evaluations({ flag, variant: 'off', reason: 'default' }, 60, 500),
      evaluations({ flag, reason: 'error', errorType: 'flag_not_found' }, 60, 3),
      evaluations({ flag, variant: 'on', provider: 'LaunchDarkly' }, 60, 9, 0, 1),
      evaluations({ flag: freshFlag(), variant: 'on' }, 60, 1000),
    ]);
    const { status, body } = await ask(path(flag, '?since=1h'));
    expect(status).toBe(200);
    expect(body).toEqual({
      window: {
        from: new Date((T0 - 1800) * 1000).toISOString(),
        to: new Date((T0 + 1800) * 1000).toISOString(),
      },
      evaluations: 619,
      failed: 3,
      kinds: [
        { variant: 'off', reason: 'default', provider: 'flagd', errorType: '', evaluations: 500 },
        { variant: 'on', reason: 'split', provider: 'flagd', errorType: '', evaluations: 107 },
        { variant: 'on', reason: 'split', provider: 'LaunchDarkly', errorType: '', evaluations: 9 },
        { variant: '', reason: 'error', provider: 'flagd', errorType: 'flag_not_found', evaluations: 3 },
      ],
      leftOut: 0,
      cannot: null,
    });
  });

  test('are those of the window, the service and the environment that are asked for', async () => {
    const flag = freshFlag();
    await store().sink.metrics([
      ...[100, 400, 900].map((value, i) => evaluations({ flag, variant: 'on' }, (i + 1) * 300, value)),
      evaluations({ flag, variant: 'on', resource: { 'service.name': 'till' } }, 300, 20),
      evaluations({ flag, variant: 'on', resource: { 'deployment.environment.name': 'staging' } }, 300, 3),
    ]);
    const at = (seconds: number) => new Date((T0 + seconds) * 1000).toISOString();
    const count = async (query: string) => (await ask(path(flag, query))).body.evaluations;
    expect(await count('')).toBe(923);
    expect(await count(`?since=${at(300)}&until=${at(600)}`)).toBe(300);
    expect(await count('?service=till')).toBe(20);
    expect(await count('?env=staging')).toBe(3);
    expect(await count('?env=nowhere')).toBe(0);
  });

  test('show the 50 most frequent kinds, and count all', async () => {
    const flag = freshFlag();
    await store().sink.metrics(
      Array.from({ length: 52 }, (_, i) =>
        evaluations({ flag, variant: `v${i}`, errorType: 'general' }, 60, i + 1),
      ),
    );
    const { body } = await ask(path(flag));
    expect([body.kinds.length, body.leftOut, body.evaluations, body.failed]).toEqual([50, 2, 1378, 1378]);
    expect([body.kinds[0].variant, body.kinds[49].variant]).toEqual(['v51', 'v2']);
  });

  test.each(HOSTILE)('of %j are its own', async (flag) => {
    await store().sink.metrics([evaluations({ flag, variant: flag, reason: flag, provider: flag }, 60, 5)]);
    const { body } = await ask(path(flag));
    expect(body.kinds).toEqual([
      { variant: flag, reason: flag, provider: flag, errorType: '', evaluations: 5 },
    ]);
  });

  test.each([
    ['?limit=1', 'There is no parameter "limit" here. There are: since, until, service, env.'],
    ['?since=yesterday', 'since must be a duration'],
    ['?since=1h&since=2h', 'since is given twice'],
    ['?env=', 'env is empty'],
    ['?since=1h&until=2h', 'since must be before until'],
  ])('asked for with %s are refused', async (query, message) => {
    const { status, body } = await ask(path('flag', query));
    expect([status, body.error.code]).toEqual([400, 'bad-request']);
    expect(body.error.message).toContain(message);
  });
});
