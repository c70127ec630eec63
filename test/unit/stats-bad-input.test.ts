import { describe, expect, it } from 'vitest';
import type { StatisticsError } from '../../src/stats/errors.js';
import { type Evidence, isStatisticsError, judge } from '../../src/stats/index.js';

const cell = (over: object): object => ({
  epoch: 'e',
  from: 0,
  route: '/',
  serviceVersion: '1',
  variant: 'on',
  requests: 10,
  errors: 1,
  ...over,
});
const control = cell({ variant: 'off' });

/** Evidence as it may come from a file: nothing about its types is known. */
function read(over: object): Evidence {
  return JSON.parse(
    JSON.stringify({ version: 1, flag: 'f', control: 'off', treatment: 'on', cells: [], ...over }),
  );
}

function thrownBy(evidence: unknown): StatisticsError {
  try {
    judge(evidence as Evidence);
  } catch (error) {
    if (isStatisticsError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

// JSON has no NaN and no infinity, so the second cell's fault is put in after reading.
const second = (over: object): unknown => ({ ...read({}), cells: [control, cell(over)] });
const slow = { slowThreshold: 0.25 };
const secondSlow = (over: object): unknown => ({
  ...read({ parameters: slow }),
  cells: [{ ...control, slow: 1 }, cell(over)],
});
const exponential = (over: object): object => ({
  histogram: { scale: 3, zero: 0, buckets: { '1': 10 }, ...over },
});
const explicit = (bounds: unknown, counts: unknown): object => ({ histogram: { bounds, counts } });

describe('a cell that cannot be counted is refused by its index', () => {
  it.each([
    ['negative requests', second({ requests: -1 }), 'bad-count'],
    ['half a request', second({ requests: 1.5 }), 'bad-count'],
    ['requests NaN', second({ requests: Number.NaN }), 'bad-count'],
    ['requests infinite', second({ requests: Number.POSITIVE_INFINITY }), 'count-overflow'],
    ['requests as text', second({ requests: '10' }), 'bad-count'],
    ['requests missing', second({ requests: undefined }), 'bad-count'],
    ['requests above 2^53', second({ requests: 2 ** 53 }), 'count-overflow'],
    ['requests whose sum is above 2^53', second({ requests: 2 ** 53 - 1 }), 'count-overflow'],
    ['negative errors', second({ errors: -1 }), 'bad-count'],
    ['errors NaN', second({ errors: Number.NaN }), 'bad-count'],
    ['errors above requests', second({ errors: 11 }), 'errors-above-requests'],
    ['no cell at all', { ...read({}), cells: [control, null] }, 'bad-cell'],
    ['a hole', { ...read({}), cells: Object.assign([control], { length: 2 }) }, 'bad-cell'],
    ['a variant that is neither', second({ variant: 'blue' }), 'unknown-variant'],
    ['no variant', second({ variant: undefined }), 'unknown-variant'],
    ['an epoch that is a number', second({ epoch: 1 }), 'bad-cell'],
    ['no service version', second({ serviceVersion: undefined }), 'bad-cell'],
    ['no time', second({ from: undefined }), 'bad-time'],
    ['a time NaN', second({ from: Number.NaN }), 'bad-time'],
    ['a number of time beside ISO times', second({ from: '2026-01-01T00:00:00Z' }), 'bad-time'],
    [
      'a number of time after ISO times',
      { ...read({}), cells: [{ ...control, from: '2026-01-01' }, cell({})] },
      'bad-time',
    ],
    ['slow above requests', secondSlow({ slow: 11 }), 'slow-above-requests'],
    ['slow negative', secondSlow({ slow: -1 }), 'bad-count'],
    ['slow NaN', secondSlow({ slow: Number.NaN }), 'bad-count'],
    ['neither slow nor a histogram under a slow guardrail', secondSlow({}), 'missing-slow'],
    ['slow and a histogram', secondSlow({ slow: 1, ...exponential({}) }), 'bad-cell'],
    ['a histogram that is no object', secondSlow({ histogram: 3 }), 'bad-histogram'],
    ['a histogram of neither kind', secondSlow({ histogram: {} }), 'bad-histogram'],
    ['a histogram with other requests', secondSlow(exponential({ zero: 1 })), 'histogram-total'],
    ['an explicit histogram with other requests', secondSlow(explicit([0.25], [3, 6])), 'histogram-total'],
    ['unordered bounds', secondSlow(explicit([0.5, 0.25], [3, 3, 4])), 'unordered-bounds'],
    ['equal bounds', secondSlow(explicit([0.25, 0.25], [3, 3, 4])), 'unordered-bounds'],
    ['a bound NaN', secondSlow(explicit([0.25, Number.NaN], [3, 3, 4])), 'unordered-bounds'],
    ['as many counts as bounds', secondSlow(explicit([0.25], [10])), 'bad-histogram'],
    ['a negative bucket', secondSlow(explicit([0.25], [11, -1])), 'bad-count'],
    ['a bucket NaN', secondSlow(exponential({ buckets: { '1': Number.NaN } })), 'bad-count'],
    ['a negative zero bucket', secondSlow(exponential({ zero: -1 })), 'bad-count'],
    ['an index that is no number', secondSlow(exponential({ buckets: { x: 10 } })), 'bad-histogram'],
    ['an index between two', secondSlow(exponential({ buckets: { '0.5': 10 } })), 'bad-histogram'],
    ['no buckets', secondSlow(exponential({ buckets: null })), 'bad-histogram'],
    ['half a scale', secondSlow(exponential({ scale: 0.5 })), 'bad-histogram'],
    ['a scale beyond OTLP', secondSlow(exponential({ scale: 21 })), 'bad-histogram'],
    [
      'an explicit histogram without the edge',
      secondSlow(explicit([0.2, 0.3], [3, 3, 4])),
      'threshold-not-an-edge',
    ],
  ])('%s', (_, evidence, code) => {
    const error = thrownBy(evidence);
    expect(error.code).toBe(code);
    expect(error.cell).toBe(1);
    expect(error.message).toMatch(/^cell 1: .*\bmust\b|^cell 1: .*\bgive one\b/);
  });

  it('a threshold between the edges of an exponential histogram, which are then named', () => {
    const evidence = {
      ...read({ parameters: { slowThreshold: 0.3 } }),
      cells: [control, cell(exponential({}))],
    };
    // The control has no durations, which is found first.
    expect(thrownBy(evidence)).toMatchObject({ code: 'missing-slow', cell: 0 });
    evidence.cells = [];
    const error = thrownBy({ ...evidence, cells: [cell(exponential({}))] });
    expect(error).toMatchObject({ code: 'threshold-not-an-edge', cell: 0 });
    expect(error.message).toContain('2^(i/2^3)');
  });

  it('a histogram is checked even where no guardrail reads it', () => {
    expect(thrownBy(second(exponential({ zero: 1 }))).code).toBe('histogram-total');
  });

  it.each(['yesterday', '2026-01-01T00:00:00', '2026-01-01 00:00Z', ''])(
    'a time that depends on the machine or is none: %j',
    (from) => {
      expect(thrownBy({ ...read({}), cells: [cell({ from })] })).toMatchObject({ code: 'bad-time', cell: 0 });
    },
  );
});

describe('evidence that cannot be judged is refused', () => {
  it.each([
    ['nothing', null, 'bad-evidence'],
    ['text', 'evidence', 'bad-evidence'],
    ['another version', read({ version: 2 }), 'bad-version'],
    ['no flag', read({ flag: undefined }), 'bad-evidence'],
    ['no control', read({ control: undefined }), 'bad-evidence'],
    ['an empty treatment', read({ treatment: '' }), 'bad-evidence'],
    ['identical variants', read({ treatment: 'off' }), 'identical-variants'],
    ['cells that are no list', read({ cells: {} }), 'bad-evidence'],
    ['complete as text', read({ complete: 'no' }), 'bad-evidence'],
    ['overflow as a number', read({ overflow: 1 }), 'bad-evidence'],
    ['a negative time', read({ elapsedSeconds: -1 }), 'bad-evidence'],
    ['a time as text', read({ elapsedSeconds: '3' }), 'bad-evidence'],
    ['parameters as text', read({ parameters: 'strict' }), 'bad-parameter'],
    ['a misspelt parameter', read({ parameters: { marginError: 1.5 } }), 'bad-parameter'],
    ['an inherited name', read({ parameters: { toString: 1 } }), 'bad-parameter'],
    ['alpha 0', read({ parameters: { alphaHarm: 0 } }), 'bad-parameter'],
    ['alpha 1', read({ parameters: { alphaSafe: 1 } }), 'bad-parameter'],
    ['alpha null', read({ parameters: { alphaSafe: null } }), 'bad-parameter'],
    ['a ratio of 0', read({ parameters: { harmErrors: 0 } }), 'bad-parameter'],
    ['a negative margin', read({ parameters: { marginSlow: -1 } }), 'bad-parameter'],
    ['an extra risk of 200 %', read({ parameters: { extraErrors: 2 } }), 'bad-parameter'],
    ['a threshold of 0', read({ parameters: { slowThreshold: 0 } }), 'bad-parameter'],
    ['a negative minimum', read({ parameters: { minRequests: -1 } }), 'bad-parameter'],
    ['unit cells that are no list', read({ unitCells: {} }), 'bad-evidence'],
    ['failing units that are no list', read({ failingUnits: 3 }), 'bad-evidence'],
    ['epochs that are no list', read({ epochs: 'e' }), 'bad-evidence'],
    ['no distinct unit at all', read({ distinctUnits: 0 }), 'bad-count'],
    ['half a distinct unit', read({ distinctUnits: 1.5 }), 'bad-count'],
    ['a misspelt complete', read({ complet: false }), 'unknown-field'],
    ['overflow with a capital', read({ Overflow: true }), 'unknown-field'],
    ['unit cells in lower case', read({ unitcells: [] }), 'unknown-field'],
  ])('%s', (_, evidence, code) => {
    const error = thrownBy(evidence);
    expect(error.code).toBe(code);
    expect(error.cell).toBeNull();
    expect(error.message.length).toBeGreaterThan(20);
  });

  const place = { epoch: 'e', from: 0, serviceVersion: '1', variant: 'on' };
  const unit = (over: object): object => ({ ...place, bucket: 0, requests: 10, errors: 1, slow: 0, ...over });
  const failing = (over: object): object => ({ ...place, units: 1, ...over });
  const epoch = (over: object): object => ({
    epoch: 'e',
    allocation: { on: 0.5, off: 0.5 },
    exposed: { on: 5, off: 5 },
    ...over,
  });
  it.each([
    ['a negative bucket', { unitCells: [unit({}), unit({ bucket: -1 })] }, 'unit cell 1', 'bad-bucket'],
    ['a seventeenth bucket', { unitCells: [unit({}), unit({ bucket: 16 })] }, 'unit cell 1', 'bad-bucket'],
    ['half a bucket', { unitCells: [unit({}), unit({ bucket: 0.5 })] }, 'unit cell 1', 'bad-bucket'],
    ['no bucket', { unitCells: [unit({}), unit({ bucket: undefined })] }, 'unit cell 1', 'bad-bucket'],
    [
      'errors above operations',
      { unitCells: [unit({}), unit({ errors: 11 })] },
      'unit cell 1',
      'errors-above-requests',
    ],
    [
      'slow above operations',
      { unitCells: [unit({}), unit({ slow: 11 })] },
      'unit cell 1',
      'slow-above-requests',
    ],
    [
      'another variant',
      { unitCells: [unit({}), unit({ variant: 'blue' })] },
      'unit cell 1',
      'unknown-variant',
    ],
    ['no unit cell', { unitCells: [unit({}), null] }, 'unit cell 1', 'bad-cell'],
    [
      'too many operations',
      { unitCells: [unit({}), unit({ requests: 2 ** 53 - 1 })] },
      'unit cell 1',
      'count-overflow',
    ],
    [
      'no slow count under a slow guardrail',
      { parameters: { slowThreshold: 1 }, unitCells: [unit({}), unit({ slow: undefined })] },
      'unit cell 1',
      'missing-slow',
    ],
    [
      'failing units of a stratum without operations',
      { unitCells: [unit({})], failingUnits: [failing({}), failing({ from: 1 })] },
      'failing units 1',
      'unknown-stratum',
    ],
    [
      'a negative count of failing units',
      { unitCells: [unit({})], failingUnits: [failing({}), failing({ units: -1 })] },
      'failing units 1',
      'bad-count',
    ],
    [
      'failing units above 2^53 together',
      { unitCells: [unit({})], failingUnits: [failing({ units: 2 ** 53 - 1 }), failing({})] },
      'failing units 1',
      'count-overflow',
    ],
    ['a misspelt field', { unitCells: [unit({}), unit({ error: 1 })] }, 'unit cell 1', 'unknown-field'],
    [
      'a misspelt field of failing units',
      { unitCells: [unit({})], failingUnits: [failing({}), failing({ unit: 1 })] },
      'failing units 1',
      'unknown-field',
    ],
    [
      'a misspelt field of an epoch',
      { epochs: [epoch({}), epoch({ share: 1 })] },
      'epoch 1',
      'unknown-field',
    ],
    ['no epoch', { epochs: [epoch({}), null] }, 'epoch 1', 'bad-evidence'],
    ['an epoch that is there twice', { epochs: [epoch({}), epoch({})] }, 'epoch 1', 'bad-evidence'],
    [
      'shares that do not sum to 1',
      { epochs: [epoch({}), epoch({ epoch: 'f', allocation: { on: 0.1, off: 0.5 } })] },
      'epoch 1',
      'bad-allocation',
    ],
    [
      'shares that sum to 1.03',
      {
        epochs: [
          epoch({ allocation: { on: 0.519, off: 0.5 } }),
          epoch({ epoch: 'f', allocation: { on: 0.53, off: 0.5 } }),
        ],
      },
      'epoch 1',
      'bad-allocation',
    ],
    [
      'a share of 50',
      { epochs: [epoch({}), epoch({ epoch: 'f', allocation: { on: 50, off: 50 } })] },
      'epoch 1',
      'bad-allocation',
    ],
    [
      'half a unit exposed',
      { epochs: [epoch({}), epoch({ epoch: 'f', exposed: { on: 0.5, off: 1 } })] },
      'epoch 1',
      'bad-count',
    ],
  ])('%s, by the entry that has it', (_, given, entry, code) => {
    const error = thrownBy(read(given));
    expect(error.code).toBe(code);
    expect(error.message.startsWith(`${entry}: `), error.message).toBe(true);
    expect(error.cell).toBeNull();
  });

  it('a field that nothing reads, by the cell that has it and with those there are', () => {
    const error = thrownBy(second({ error: 3 }));
    expect(error).toMatchObject({ code: 'unknown-field', cell: 1 });
    expect(error.message).toContain('"error"');
    expect(error.message).toContain('errors');
  });

  it('a histogram of both shapes', () => {
    const both = { histogram: { scale: 3, zero: 0, buckets: { '1': 10 }, bounds: [1], counts: [5, 5] } };
    expect(thrownBy(second(both))).toMatchObject({ code: 'unknown-field', cell: 1 });
  });

  describe('units of which there are more than of requests', () => {
    const whole = [cell({ requests: 100, errors: 10 }), cell({ variant: 'off', requests: 100, errors: 10 })];
    const withUnits = (over: object, failed = 0): unknown =>
      read({
        cells: whole,
        unitCells: [unit({ ...over })],
        ...(failed > 0 ? { failingUnits: [failing({ units: failed })] } : {}),
      });
    it.each([
      ['operations', withUnits({ requests: 101, errors: 0 }), '101 operations'],
      ['failures', withUnits({ requests: 20, errors: 11 }), '11 failures'],
      ['successes', withUnits({ requests: 91, errors: 0 }), '91 successes'],
      ['operations of another block', withUnits({ from: 1 }), 'block 1'],
      ['operations of another epoch', withUnits({ epoch: 'f' }), 'epoch "f"'],
      ['failing units', withUnits({}, 11), '11 units'],
    ])('%s', (_, given, named) => {
      const error = thrownBy(given);
      expect(error.code).toBe('units-above-requests');
      expect(error.message).toContain(named);
    });

    it('as many are enough', () => {
      expect(judge(withUnits({ requests: 90, errors: 0 }) as Evidence).verdict).toBe('hold');
      expect(judge(withUnits({ requests: 20, errors: 10 }, 10) as Evidence).verdict).toBe('hold');
    });

    it('slow operations', () => {
      const given = (slow: number): unknown => ({
        ...(read({ parameters: { slowThreshold: 1 } }) as object),
        cells: whole.map((entry) => ({ ...entry, slow: 3 })),
        unitCells: [unit({ slow })],
      });
      expect(thrownBy(given(4)).code).toBe('units-above-requests');
      expect(judge(given(3) as Evidence).verdict).toBe('hold');
    });
  });

  it('failing units without operations by unit', () => {
    const error = thrownBy(read({ failingUnits: [failing({})] }));
    expect(error.code).toBe('bad-evidence');
    expect(error.message).toContain('unitCells');
  });

  it('an error is known by its brand, of whatever copy of the package', () => {
    const error = thrownBy(null);
    expect(error).toBeInstanceOf(Error);
    expect(isStatisticsError({ brand: error.brand, code: 'bad-count' })).toBe(true);
    expect(isStatisticsError(new Error('bad-count'))).toBe(false);
    expect(isStatisticsError(null)).toBe(false);
  });

  it('the largest counts that are exact are accepted', () => {
    const half = Math.floor(Number.MAX_SAFE_INTEGER / 2);
    const evidence = {
      cells: [cell({ requests: half, errors: 7 }), { ...control, requests: half + 1, errors: 9 }],
    };
    expect(judge(read(evidence)).errors?.ratio).toBeCloseTo(7 / 9, 9);
  });
});
