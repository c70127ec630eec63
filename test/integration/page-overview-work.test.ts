import { expect, test, vi } from 'vitest';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { BackendError } from '../../src/store/backend-error.js';
import { flagOf, freshMoment, isSettled, overviews, release, requests } from '../support/overview.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

test('only what altered is compared again and told of; while nothing is stored, nothing is asked', async () => {
  const at = freshMoment();
  await store().sink.metrics([
    ...release('a', at - 500),
    ...release('b', at - 500),
    ...release('b', at - 490),
  ]);
  let told = 0;
  const { overview, when, asked, pulse } = await overviews(store(), at, { onAltered: () => told++ });
  // Who comes while the first is answered waits as well, and nothing is asked twice.
  const firsts = await Promise.all([overview(), overview(), overview()]);
  expect(firsts.map(({ order }) => order)).toEqual(Array(3).fill(['b', 'a']));
  expect(asked.flags).toBe(1);
  const all = await when(isSettled);
  // Most requests first.
  expect(asked.compared).toEqual(['b', 'a']);
  // The flags that there are, and two comparisons.
  expect(told).toBe(3);

  const flags = asked.flags;
  for (let i = 0; i < 20; i += 1) {
    const same = await overview({ after: all.generation });
    expect(same).toMatchObject({ partial: true, flags: [], generation: all.generation, order: ['b', 'a'] });
  }
  expect([asked.flags, asked.compared.length, told]).toEqual([flags, 2, 3]);
  expect((await overview({ after: 'of-another.1' })).partial).toBe(false);
  expect((await overview({ after: `${all.generation}x` })).flags).toHaveLength(2);

  await store().sink.metrics(release('a', at - 100, 50));
  pulse.beat(at);
  const later = await when((document) => isSettled(document) && asked.compared.length === 3, {
    after: all.generation,
  });
  expect(asked.compared).toEqual(['b', 'a', 'a']);
  expect(later).toMatchObject({ partial: true, order: ['a', 'b'] });
  expect(later.flags.map(({ flag, alert }) => [flag, alert])).toEqual([['a', true]]);

  // A deployment is of the flags of its service, a change of its flag.
  const row = { flag: '', service: '', environment: '', version: '', description: '', author: '' };
  const shares = { shares: { on: 0.5 }, shares_before: {}, variations: [], origin: 'api' };
  const time = (at - 50).toFixed(6);
  await store().changes([{ ...row, ...shares, id: 'b changed', kind: 'flag', time, flag: 'b' }]);
  pulse.beat(at);
  const changed = await when((document) => isSettled(document) && asked.compared.length === 4);
  expect(asked.compared.at(-1)).toBe('b');
  expect(flagOf(changed, 'b')?.lastChange).toMatchObject({ id: 'b changed' });
  expect(flagOf(changed, 'a')?.lastChange).toBeNull();
  await store().changes([
    { ...row, ...shares, id: 'shop', kind: 'deployment', time, service: 'shop', version: '2', shares: {} },
  ]);
  pulse.beat(at);
  await when((document) => isSettled(document) && asked.compared.length === 6);
  // Compared longest ago first.
  expect(asked.compared.slice(4)).toEqual(['a', 'b']);
});

test('of flags never compared the one that was changed last comes first, whatever its traffic', async () => {
  const at = freshMoment();
  const flags = ['a', 'b', 'c'];
  await store().sink.metrics(
    flags.flatMap((flag) => [...release(flag, at - 500), ...release(flag, at - 490)]),
  );
  await store().sink.metrics(['a', 'a2'].flatMap((flag) => release(flag, at - 480)));
  const row = { kind: 'flag', service: '', environment: '', version: '', description: '', author: '' };
  const shares = { shares: { on: 0.1 }, shares_before: {}, variations: [], origin: 'api' };
  await store().changes(
    ['b', 'c'].map((flag, i) => ({
      ...{ ...row, ...shares, id: `changed ${at} ${flag}`, flag, time: (at - 200 + i).toFixed(6) },
    })),
  );
  const { when, asked } = await overviews(store(), at);
  await when(isSettled);
  expect(asked.compared).toEqual(['c', 'b', 'a', 'a2']);
});

test('one comparison at a time, whatever the number of overviews; of more than 8 the oldest is forgotten', async () => {
  const at = freshMoment();
  await store().sink.metrics([...release('a', at - 50), ...release('b', at - 50)]);
  const { when, asked } = await overviews(store(), at);
  await Promise.all(['1h', '2h', '3h'].map((since) => when(isSettled, { since })));
  expect(asked.compared).toHaveLength(6);
  expect(asked.mostUnderWay).toBe(1);

  for (const since of ['1h', '2h', '3h']) await when(isSettled, { since });
  const others = Array.from({ length: 8 }, (_, i) => ({ since: '1h', service: `none-${i}` }));
  for (const query of others.slice(0, 7)) await when(isSettled, query);
  await when(isSettled, { since: '3h' });
  expect(asked.compared).toHaveLength(6);
  await when(isSettled, others[7]);
  await when(isSettled, { since: '3h' });
  expect(asked.compared).toHaveLength(6);
  await when(isSettled, { since: '2h' });
  expect(asked.compared).toHaveLength(8);
});

test('where more is stored all the time, every overview is kept up to date, and flags are compared', async () => {
  const at = freshMoment();
  await store().sink.metrics([...release('a', at - 50), ...release('b', at - 50)]);
  const real = createClickHouseSource(store().query);
  const refreshed = new Set<string | undefined>();
  const flags: typeof real.flags = async (window, filter) => {
    if (filter.flag === undefined) {
      refreshed.add(filter.service);
      pulse.beat(at);
    }
    return real.flags(window, filter);
  };
  // No time passes: each is due again as soon as it was asked for.
  const clock = (): number => 0;
  const options = { with: { flags }, clock, times: { refreshMs: 0, rest: 0 } };
  const { overview, when, asked, pulse } = await overviews(store(), at, options);
  await overview();
  await overview({ service: 'shop' });
  refreshed.clear();
  await when(isSettled);
  await when(isSettled, { service: 'shop' });
  expect(asked.compared).toHaveLength(4);
  await vi.waitFor(() => expect(refreshed).toEqual(new Set([undefined, 'shop'])), { timeout: 10_000 });
});

test('nothing is done for an overview that nobody looks at; who comes back sees what is there now', async () => {
  const at = freshMoment();
  await store().sink.metrics(release('a', at - 500));
  const { overview, when, asked, pulse, skip, boards } = await overviews(store(), at);
  await when(isSettled);
  skip(61_000);
  const seen = { ...asked };
  await store().sink.metrics(release('b', at - 100));
  pulse.beat(at);
  // By when another would have been looked at.
  const other = await overviews(store(), at);
  await other.when(isSettled);
  other.pulse.beat(at);
  await vi.waitFor(() => expect(other.asked.flags).toBeGreaterThan(1), { timeout: 5000 });
  expect(asked.flags).toBe(seen.flags);
  expect((await overview()).order).toEqual(['a', 'b']);
  await when(isSettled);
  const metrics = await boards.measure();
  expect(metrics.map(({ name }) => name)).toEqual(['telltale.board.comparisons', 'telltale.board.pending']);
  expect(metrics[0]).toMatchObject({ points: [{ attributes: { result: 'done' }, value: 2 }, {}, {}] });
});

test('a source that does not answer is an error, and what was known is there when it does', async () => {
  const at = freshMoment();
  await store().sink.metrics(release('a', at - 500));
  const real = createClickHouseSource(store().query);
  let isGone = true;
  const flags: typeof real.flags = async (window, filter) => {
    if (isGone) throw new BackendError('unavailable', 'The store does not answer: check that it runs.');
    return real.flags(window, filter);
  };
  const { ask, when, asked, pulse, errors } = await overviews(store(), at, { with: { flags } });
  const refused = async (): Promise<void> => {
    const answer = await ask();
    expect([answer.status, await answer.json()]).toEqual([
      502,
      { error: { code: 'unavailable', message: 'The store does not answer: check that it runs.' } },
    ]);
  };
  await refused();
  isGone = false;
  const before = await when(isSettled);
  isGone = true;
  pulse.beat(at);
  await vi.waitFor(refused, { timeout: 10_000 });
  isGone = false;
  expect(await when(isSettled, { after: before.generation })).toMatchObject({
    partial: true,
    flags: [],
    generation: before.generation,
  });
  expect(asked.compared).toEqual(['a']);
  expect(errors).toEqual([]);
});

test('a source that does not answer is left alone for 10 s, but for who asks', async () => {
  const at = freshMoment();
  const real = createClickHouseSource(store().query);
  let isGone = false;
  const flags: typeof real.flags = async (window, filter) => {
    if (isGone) throw new BackendError('unavailable', 'The store has too many requests: ask again in 5 s.');
    return real.flags(window, filter);
  };
  const { when, ask, asked, pulse, skip } = await overviews(store(), at, { with: { flags } });
  await when(isSettled);
  isGone = true;
  pulse.beat(at);
  await vi.waitFor(async () => expect((await ask()).status).toBe(502), { timeout: 10_000 });
  const { flags: before } = asked;
  // By when another would have asked again and again.
  const other = await overviews(store(), at);
  await other.when(isSettled);
  for (let i = 1; i <= 5; i += 1) {
    const seen = other.asked.flags;
    pulse.beat(at);
    other.pulse.beat(at);
    await vi.waitFor(() => expect(other.asked.flags).toBeGreaterThan(seen), { timeout: 10_000 });
  }
  expect(asked.flags).toBe(before);
  skip(10_000);
  pulse.beat(at);
  await vi.waitFor(() => expect(asked.flags).toBe(before + 1), { timeout: 10_000 });
});

test('a flag for which the source does not answer says so, keeps its verdict and is tried again', async () => {
  const at = freshMoment();
  await store().sink.metrics([...release('a', at - 500, 50), ...release('b', at - 500)]);
  const real = createClickHouseSource(store().query);
  let fault: Error | undefined;
  const latencies: typeof real.latencies = async (selection, window) => {
    if (fault !== undefined && selection.flag === 'a') throw fault;
    return real.latencies(selection, window);
  };
  const { when, asked, pulse, errors, skip } = await overviews(store(), at, { with: { latencies } });
  await when(isSettled);

  fault = new BackendError('unavailable', 'Two flags are one label there.');
  await store().sink.metrics([...release('a', at - 100), ...release('b', at - 100)]);
  pulse.beat(at);
  const broken = await when((document) => flagOf(document, 'a')?.why != null && document.pending === 1);
  expect(flagOf(broken, 'a')).toMatchObject({
    ...{ why: 'Two flags are one label there.', alert: true },
    comparisons: [{ verdict: 'roll-back' }],
  });
  expect(errors).toEqual([]);

  // A fault inside is reported, and not told to whoever asks.
  fault = new Error('a secret');
  skip(31_000);
  const told = await when((document) => flagOf(document, 'a')?.why !== 'Two flags are one label there.');
  expect(errors).toEqual([fault]);
  expect(flagOf(told, 'a')?.why).toBe('The backend could not answer; its own output says why.');
  fault = undefined;
  skip(31_000);
  const mended = await when(isSettled);
  expect(flagOf(mended, 'a')).toMatchObject({ why: null, comparisons: [{}] });
  expect(asked.compared.filter((flag) => flag === 'b')).toHaveLength(2);
});

test('what is wrong with the options of a flag is said of that flag, and mended when it alters', async () => {
  const at = freshMoment();
  await store().sink.metrics([...release('a', at - 500), ...release('b', at - 500)]);
  const message = 'telltale.config.json: flags["a"] has an unknown option "fast".';
  const { when, errors } = await overviews(store(), at, {
    parametersOf(flag) {
      if (flag === 'a') throw new BackendError('usage', message);
      return { control: 'on' };
    },
  });
  const document = await when(isSettled);
  expect(flagOf(document, 'a')).toMatchObject({ why: message, comparisons: null, logEAdjusted: null });
  const configured = { control: 'on' };
  expect(flagOf(document, 'b')).toMatchObject({ comparisons: [{ treatment: 'off' }], configured });
  expect(errors).toEqual([]);
});

test('a flag that gets a second variant is compared; one that has no traffic any more is gone', async () => {
  const at = freshMoment();
  await store().sink.metrics([
    requests({ flag: 'a', variant: 'off' }, at - 500, 1000),
    ...release('gone', at - 7 * 86_400 + 60),
  ]);
  let now = at;
  let told = 0;
  const options = { now: () => now, onAltered: () => void told++ };
  const { overview, when, pulse, skip } = await overviews(store(), at, options);
  expect(flagOf(await overview(), 'a')?.why).toContain('Only off was assigned');
  expect((await when(isSettled)).order).toEqual(['gone', 'a']);
  // Pages are told of what is not compared, too, when it is there to be asked for.
  const before = told;
  await store().sink.metrics([requests({ flag: 'a', variant: 'off' }, at - 200, 7)]);
  pulse.beat(at);
  await vi.waitFor(() => expect(told).toBe(before + 1), { timeout: 10_000 });
  expect(flagOf(await overview(), 'a')?.variants).toMatchObject([{ requests: 1007 }]);
  await store().sink.metrics([requests({ flag: 'a', variant: 'on' }, at - 100, 1000)]);
  pulse.beat(at);
  const two = await when((document) => isSettled(document) && flagOf(document, 'a')?.why === null);
  expect(flagOf(two, 'a')?.comparisons).toHaveLength(1);
  // As time goes on, without any news.
  now += 120;
  skip(59_000);
  await overview();
  skip(2000);
  expect((await when(({ order }) => !order.includes('gone'))).flags.map(({ flag }) => flag)).toEqual(['a']);
});
