import { expect, test } from 'vitest';
import { flagOf, freshMoment, isSettled, overviews, release, requests } from '../support/overview.js';
import { resource } from '../support/points.js';
import { temporaryStore } from '../support/temporary-store.js';
import { unitPoint } from '../support/unit-points.js';

const store = temporaryStore();

test('traffic at once, then verdicts, shares and units; alerts first, however little traffic they have', async () => {
  const at = freshMoment();
  const where = resource({ 'deployment.environment.name': 'prod', 'service.name': 'web' });
  await store().sink.metrics([
    ...release('harmless', at - 100, 0),
    ...release('harmless', at - 90, 0),
    ...release('harmful', at - 100, 5, where),
    requests({ flag: 'alone', variant: 'on' }, at - 100, 50_000),
    requests({ flag: 'nameless', variant: 'blue' }, at - 100, 10),
    requests({ flag: 'nameless', variant: 'green' }, at - 50, 10),
    requests({ flag: 'harmful', variant: 'on', assignment: 'override', resource: where }, at - 100, 500),
    ...['off', 'on'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint(
          { counter: 'operations', flag: 'harmless', variant, bucket },
          { start: at - 500, time: at - 95, value: variant === 'on' ? 50 : 450 },
        ),
      ),
    ),
    ...['off', 'on'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint(
          { counter: 'exposed', flag: 'harmless', variant, bucket },
          { start: at - 500, time: at - 95, value: variant === 'on' ? 10 : 30 },
        ),
      ),
    ),
  ]);
  await store().changes([
    {
      ...{ id: 'c1', kind: 'flag', origin: 'api', time: (at - 200).toFixed(6), flag: 'harmful', service: '' },
      ...{ environment: '', version: '', shares: { on: 0.1 }, shares_before: {}, variations: [] },
      ...{ description: 'to a tenth', author: 'Ada' },
    },
  ]);
  const { overview, when, asked } = await overviews(store(), at);
  const first = await overview();
  expect(asked.flags).toBe(1);
  expect(first).toMatchObject({ partial: false, pending: 3, alpha: 0.05, cannot: [] });
  expect(first.order).toEqual(['alone', 'harmless', 'harmful', 'nameless']);
  expect(flagOf(first, 'harmful')).toMatchObject({
    ...{ comparisons: null, why: null, comparedAt: null, logEAdjusted: null, alert: false },
    lastChange: { id: 'c1', description: 'to a tenth', author: 'Ada' },
    variants: [
      { variant: 'off', isControl: true, requests: 9000, units: null },
      { variant: 'on', isControl: false, requests: 1500, share: 1500 / 10_500, units: null },
    ],
  });

  const all = await when(isSettled);
  expect(all.order).toEqual(['harmful', 'alone', 'harmless', 'nameless']);
  expect([all.services, all.environments]).toEqual([['shop', 'web'], ['prod']]);
  expect(flagOf(all, 'harmful')).toMatchObject({
    ...{ alert: true, comparedAt: new Date(at * 1000).toISOString(), why: null },
    variants: [
      { variant: 'off', isControl: true, requests: 9000 },
      { variant: 'on', requests: 1500, share: 1500 / 10_500, units: null, unitShare: null },
    ],
    comparisons: [
      {
        ...{ treatment: 'on', verdict: 'roll-back', reasons: [], requestsNeeded: null },
        summary: 'control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.',
        errors: { ratio: null, high: null },
        slow: { threshold: 1 },
      },
    ],
    evidence: [{ service: 'web', kind: 'operation-duration', samplingRate: 1 }],
    lastChange: { id: 'c1' },
  });
  // Of two treatments that are compared, the mean with the e-value of slow requests.
  const logE = flagOf(all, 'harmful')?.logEAdjusted ?? 0;
  expect(logE).toBeGreaterThan(7.627 - Math.log(2) - Math.log(2));
  expect(logE).toBeLessThan(7.628 - Math.log(2) - Math.log(2) + 0.1);
  expect(flagOf(all, 'harmless')).toMatchObject({
    ...{ alert: false, logEAdjusted: 0, lastChange: null },
    variants: [
      { variant: 'off', requests: 18_000, share: 0.9, units: 480, unitShare: 0.75 },
      { variant: 'on', requests: 2000, share: 0.1, units: 160, unitShare: 0.25 },
    ],
  });
  expect(flagOf(all, 'alone')).toMatchObject({
    ...{ comparisons: null, logEAdjusted: null },
    why: 'Only on was assigned by the release: there is nothing to compare.',
  });
  expect(flagOf(all, 'nameless')).toMatchObject({
    ...{ comparisons: null, logEAdjusted: null },
    why: expect.stringContaining('Which variant is the control? None of blue, green'),
  });
});

test('it is by the filters, and tells all that there is to filter by', async () => {
  const at = freshMoment();
  const eu = resource({ 'service.name': 'web', 'deployment.environment.name': 'eu' });
  await store().sink.metrics([
    ...release('f', at - 5000, 100, resource({ 'service.name': 'api' })),
    ...release('f', at - 100, 0, eu),
  ]);
  const { when, ask, pulse } = await overviews(store(), at);
  const verdictOf = async (query: Readonly<Record<string, string>>) => {
    const document = await when(isSettled, query);
    expect(document.services).toEqual(expect.arrayContaining(['web']));
    expect(document.environments).toEqual(['eu']);
    return flagOf(document, 'f')?.comparisons?.[0]?.verdict;
  };
  expect(await verdictOf({})).toBe('roll-back');
  expect(await verdictOf({ service: 'web' })).toBe('hold');
  expect(await verdictOf({ env: 'eu' })).toBe('hold');
  expect(await verdictOf({ since: '1h' })).toBe('hold');
  const row = {
    kind: 'flag',
    flag: 'f',
    service: '',
    version: '',
    description: '',
    author: '',
    origin: 'api',
  };
  const change = { ...row, shares: {}, shares_before: {}, variations: [], time: (at - 60).toFixed(6) };
  await store().changes([
    { ...change, id: 'of all', environment: '' },
    { ...change, id: 'of us', environment: 'us', time: (at - 30).toFixed(6) },
  ]);
  pulse.beat(at);
  const idOf = async (query: Readonly<Record<string, string>>) =>
    (await when((document) => flagOf(document, 'f')?.lastChange != null, query)).flags[0]?.lastChange?.id;
  expect([await idOf({}), await idOf({ env: 'eu' })]).toEqual(['of us', 'of all']);
  const past = await when(isSettled, { until: new Date((at - 4000) * 1000).toISOString() });
  expect([past.order, past.window.to]).toEqual([['f'], new Date((at - 4000) * 1000).toISOString()]);
  const { services } = await when(isSettled, { service: 'web' });
  expect(services).toEqual(['api', 'web']);
  const nothing = await when(isSettled, { service: `'; DROP TABLE telltale_points; --\\` });
  expect([nothing.order, nothing.flags, nothing.services]).toEqual([[], [], ['api', 'web']]);

  for (const [query, message] of [
    [{ q: 'f' }, 'There is no parameter \\"q\\" here: since, until, service, env and after.'],
    [{ since: 'yesterday' }, 'since must be a duration'],
    [{ service: '' }, 'service is empty'],
  ] as const) {
    const answer = await ask(query);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(message);
  }
});

test('hostile names are what they are', async () => {
  const at = freshMoment();
  const names = [`<img src=x onerror=alert(1)>'"\\`, '\u202Egnp.\u0000', 'ü'.repeat(200)];
  await store().sink.metrics(names.flatMap((flag) => release(flag, at - 100)));
  const { when } = await overviews(store(), at);
  const document = await when(isSettled);
  expect(document.order.toSorted()).toEqual(names.toSorted());
  for (const name of names) expect(flagOf(document, name)?.comparisons).toHaveLength(1);
});
