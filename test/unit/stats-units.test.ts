import { describe, expect, it } from 'vitest';
import { type Evidence, type FailingUnits, judge, type UnitCell } from '../../src/stats/index.js';
import { cell, evidence, numbersIn } from '../support/stats-evidence.js';

const BUCKETS = 16;

/** Operations and failures of one variant, bucket by bucket. */
function unitCells(
  variant: 'on' | 'off',
  requests: number,
  errors: (bucket: number) => number,
  over: Partial<UnitCell> = {},
): UnitCell[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => ({
    ...{
      epoch: 'e',
      from: 0,
      serviceVersion: '1',
      variant,
      bucket,
      requests,
      errors: errors(bucket),
      slow: 0,
    },
    ...over,
  }));
}

/** Evidence whose cells hold what its unit cells hold. */
function byUnits(cells: readonly UnitCell[], over: Partial<Evidence> = {}): Evidence {
  const sums = new Map<string, { requests: number; errors: number }>();
  for (const { variant, requests, errors } of cells) {
    const sum = sums.get(variant) ?? { requests: 0, errors: 0 };
    sums.set(variant, sum);
    sum.requests += requests;
    sum.errors += errors;
  }
  const whole = [...sums].map(([variant, { requests, errors }]) =>
    cell(variant as 'on' | 'off', requests, errors),
  );
  return evidence(whole, {}, { unitCells: cells, distinctUnits: 1000, ...over });
}

const calm = unitCells('off', 540, () => 2);
const one = [...unitCells('on', 60, (bucket) => (bucket === 3 ? 40 : 0)), ...calm];
const many = [...unitCells('on', 60, () => 3), ...calm];

describe('judged by units', () => {
  it('what one bucket alone suffers is no harm, however much it is', () => {
    expect(judge({ ...byUnits(one), unitCells: null }).verdict).toBe('roll-back');
    const judgement = judge(byUnits(one));
    expect(judgement).toMatchObject({ verdict: 'hold', method: 'unit-buckets' });
    expect(judgement.errors?.logEHarm).toBeLessThan(0);
  });

  it('what all buckets suffer is', () => {
    expect(judge(byUnits(many))).toMatchObject({ verdict: 'roll-back', method: 'unit-buckets' });
  });

  it('what one bucket alone is spared is no safety', () => {
    // Bucket 0 has half of the treatment's operations and no failure; all others fail twice as often as the control.
    const treated = unitCells('on', 4000, (bucket) => (bucket === 0 ? 0 : 80)).map((entry) =>
      entry.bucket === 0 ? { ...entry, requests: 64_000 } : entry,
    );
    const given = byUnits([...treated, ...unitCells('off', 8000, () => 80)], { distinctUnits: 252_000 });
    expect(judge({ ...given, unitCells: null }).verdict).toBe('roll-forward');
    expect(judge(given).verdict).not.toBe('roll-forward');
  });

  it('what only one bucket speaks against is not safe either', () => {
    const failing = (bucket: number): number => (bucket === 3 ? 400 : 0);
    const cells = [...unitCells('on', 4000, failing), ...unitCells('off', 36_000, () => 0)];
    expect(judge(byUnits(cells, { distinctUnits: 640_000 }))).toMatchObject({
      verdict: 'hold',
      errors: { harm: false, safe: false },
    });
  });

  it('the method of each guardrail and of the whole is named, and a sentence says what it means', () => {
    const judgement = judge(byUnits(many));
    expect(judgement.errors?.method).toBe('unit-buckets');
    expect(judgement.explanation.join(' ')).toContain('16 buckets, each left out once');
    expect(judgement.explanation.join(' ')).not.toContain('Judged by requests');
    const requests = judge({ ...byUnits(many), unitCells: [] });
    expect(requests).toMatchObject({ method: 'requests', errors: { method: 'requests' } });
  });

  it('both guardrails are judged so', () => {
    const slow = [
      ...unitCells('on', 60, () => 0, { slow: 20 }),
      ...unitCells('off', 540, () => 0, { slow: 9 }),
    ];
    const cells = [cell('on', 960, 0, { slow: 320 }), cell('off', 8640, 0, { slow: 144 })];
    const judgement = judge(
      evidence(cells, { slowThreshold: 0.25 }, { unitCells: slow, distinctUnits: 5000 }),
    );
    expect(judgement).toMatchObject({ verdict: 'roll-back', slow: { method: 'unit-buckets', harm: true } });
  });

  it('slow requests are judged by requests where no unit cell tells which were slow, and that is said', () => {
    const untold = [
      ...unitCells('on', 60, () => 0, { slow: null }),
      ...unitCells('off', 540, () => 0, { slow: null }),
    ];
    const cells = [cell('on', 960, 0, { slow: 320 }), cell('off', 8640, 0, { slow: 144 })];
    const judgement = judge(evidence(cells, { slowThreshold: 0.25 }, { unitCells: untold }));
    expect(judgement).toMatchObject({
      verdict: 'roll-back',
      method: 'unit-buckets',
      errors: { method: 'unit-buckets', harm: false },
      slow: { method: 'requests', harm: true },
    });
    expect(judgement.explanation.join(' ')).toContain('Slow requests are judged by requests');
  });

  it('units of one bucket only prove nothing', () => {
    const cells = [unitCells('on', 900, () => 90), unitCells('off', 900, () => 1)].flatMap((entries) =>
      entries.slice(0, 1),
    );
    const judgement = judge(byUnits(cells));
    expect(judgement).toMatchObject({ verdict: 'hold', reasons: ['inconclusive'], requestsNeeded: null });
    expect(judgement.errors).toMatchObject({ low: 0, high: null, logEHarm: 0, safe: false });
  });

  it('units of one variant only are too few', () => {
    const judgement = judge(byUnits(unitCells('on', 900, () => 1)));
    expect(judgement).toMatchObject({ verdict: 'hold', method: 'unit-buckets', errors: null });
    expect(judgement.reasons).toContain('insufficient');
  });

  it('the order of the unit cells is irrelevant, to the last bit', () => {
    const blocks = [0, 1, 2].flatMap((from) => many.map((entry) => ({ ...entry, from })));
    const cells = [0, 1, 2].flatMap((from) => [
      cell('on', 960, 48, { from }),
      cell('off', 8640, 32, { from }),
    ]);
    const given = evidence(cells, {}, { unitCells: blocks, distinctUnits: 1000 });
    expect(judge({ ...given, unitCells: blocks.toReversed() })).toEqual(judge(given));
  });

  it('gives no NaN where nothing failed, and where everything did', () => {
    for (const errors of [() => 0, () => 60]) {
      const judgement = judge(byUnits([...unitCells('on', 60, errors), ...unitCells('off', 60, errors)]));
      expect(numbersIn(judgement).every((value) => !Number.isNaN(value))).toBe(true);
    }
  });
});

describe('what units do not see', () => {
  const quiet = [...unitCells('on', 4000, () => 0), ...unitCells('off', 36_000, () => 0)];
  const safe = byUnits(quiet, { distinctUnits: 640_000 });

  it('is never called safe where requests prove harm', () => {
    expect(judge(safe).verdict).toBe('roll-forward');
    const failing = [cell('on', 34_000 + 64_000, 34_000), cell('off', 576_000, 0)];
    const judgement = judge({ ...safe, cells: failing });
    expect(judgement).toMatchObject({ verdict: 'hold', reasons: ['inconclusive'], errors: { safe: true } });
    expect(judgement.explanation.join(' ')).toContain('treatment 34,000 of 98,000');
    expect(judgement.explanation.join(' ')).not.toContain('No more requests are needed');
  });

  it('nor in a block that has no units', () => {
    const later = [cell('on', 80_000, 80_000, { from: 1 }), cell('off', 80_000, 0, { from: 1 })];
    expect(judge({ ...safe, cells: [...safe.cells, ...later] })).toMatchObject({
      verdict: 'hold',
      reasons: ['inconclusive'],
    });
  });

  it('nor among slow requests', () => {
    const parameters = { slowThreshold: 0.25 };
    const unslow = quiet.map((entry) => ({ ...entry, slow: 0 }));
    const cells = [cell('on', 98_000, 0, { slow: 34_000 }), cell('off', 576_000, 0, { slow: 0 })];
    const judgement = judge(evidence(cells, parameters, { unitCells: unslow, distinctUnits: 640_000 }));
    expect(judgement).toMatchObject({ verdict: 'hold', slow: { safe: true, harm: false } });
    expect(judgement.explanation.join(' ')).toContain('slow requests prove harm');
  });

  it.each([
    ['a service version', { serviceVersion: '2' }],
    ['an epoch', { epoch: 'f' }],
  ])('nor where over 5 %% of the treatment are of %s without units', (_, over) => {
    const more = (on: number): Evidence => ({
      ...safe,
      cells: [...safe.cells, cell('on', on, 0, over), cell('off', 1000, 0, over)],
    });
    expect(judge(more(3368)).verdict).toBe('roll-forward');
    const judgement = judge(more(3369));
    expect(judgement).toMatchObject({ verdict: 'hold', reasons: ['unpaired'] });
    expect(judgement.explanation.join(' ')).toContain('not seen by units');
  });

  it('nor where over 5 % of the treatment’s units have no control beside them', () => {
    const alone = unitCells('on', 300, () => 0, { from: 1 });
    const cells = [...safe.cells, cell('on', 4800, 0, { from: 1 }), cell('off', 100, 0, { from: 1 })];
    expect(judge({ ...safe, cells, unitCells: [...quiet, ...alone] })).toMatchObject({
      verdict: 'hold',
      reasons: ['unpaired'],
    });
  });
});

describe('overdispersion', () => {
  const treated = (requests: number, errors: Record<number, number>): UnitCell[] =>
    unitCells('on', requests, (bucket) => errors[bucket] ?? 0);
  const phi = (cells: readonly UnitCell[]): number => judge(byUnits(cells)).errors?.phi ?? 0;
  const quiet = unitCells('off', 100_000, () => 0);

  it('is Pearson’s chi-square over its degrees of freedom, the largest of the sixteen', () => {
    // Of 15 buckets one has 5 events, where a third of one is to be expected: (5 - 1/3)^2 * 3 + 14 / 3, over 14.
    expect(phi([...treated(100_000, { 3: 5 }), ...quiet])).toBeCloseTo(5, 3);
  });

  it('is not told from fewer than five events, of the buckets that are left', () => {
    expect(phi([...treated(100_000, { 3: 4 }), ...quiet])).toBe(1);
    // Without bucket 0 there are four left, which would differ by 4.
    expect(phi([...treated(100_000, { 3: 4, 0: 1 }), ...quiet])).toBeCloseTo(46 / 14, 3);
  });

  it('of slow requests leaves out what the guardrail leaves out', () => {
    const slow = (cells: readonly UnitCell[], of: (bucket: number) => number | null): UnitCell[] =>
      cells.map((entry) => ({ ...entry, slow: of(entry.bucket) }));
    const kept = [
      ...slow(treated(1000, {}), () => 20),
      ...slow(
        unitCells('off', 1000, () => 0),
        () => 20,
      ),
    ];
    // One bucket of the later block does not tell, another is slow throughout.
    const later = slow([...treated(1000, {}), ...unitCells('off', 1000, () => 0)], (bucket) =>
      bucket === 5 ? null : bucket === 3 ? 900 : 20,
    ).map((entry) => ({ ...entry, from: 1 }));
    const cells = [0, 1].flatMap((from) => [
      cell('on', 16_000, 0, { slow: 16_000, from }),
      cell('off', 16_000, 0, { slow: 16_000, from }),
    ]);
    const slowOf = (unit: readonly UnitCell[]): unknown =>
      judge(evidence(cells, { slowThreshold: 0.25 }, { unitCells: unit })).slow;
    expect(slowOf([...kept, ...later])).toEqual(slowOf(kept));
  });
});

describe('the absolute margin', () => {
  const quiet = [...unitCells('on', 4000, () => 0), ...unitCells('off', 36_000, () => 0)];

  it('proves safety where nothing fails, and each unit counts about once', () => {
    expect(judge(byUnits(quiet, { distinctUnits: 640_000 })).verdict).toBe('roll-forward');
  });

  it('proves less the more operations each unit has', () => {
    const safe = [640_000, 64_000, 6_400].map(
      (distinctUnits) => judge(byUnits(quiet, { distinctUnits })).errors?.logESafe ?? 0,
    );
    expect(safe).toEqual(safe.toSorted((a, b) => b - a));
    expect(new Set(safe).size).toBe(3);
  });

  it('proves nothing where it is not known how many units there are, and that is said', () => {
    const judgement = judge(byUnits(quiet, { distinctUnits: null }));
    expect(judgement.verdict).toBe('hold');
    expect(judgement.explanation.join(' ')).toContain('How many units there are is unknown');
  });
});

describe('failing units', () => {
  const some = [...unitCells('on', 60, (bucket) => (bucket % 3 === 0 ? 1 : 0)), ...calm];
  const failing = (on: number, off: number): FailingUnits[] => [
    { epoch: 'e', from: 0, serviceVersion: '1', variant: 'on', units: on },
    { epoch: 'e', from: 0, serviceVersion: '1', variant: 'off', units: off },
  ];

  // More failed than the units' counters took: each of these units fails after its third operation in an hour.
  const failed = [cell('on', 3000, 40), cell('off', 27_000, 400)];

  it('are further evidence of harm', () => {
    const without = judge(byUnits(some));
    const judgement = judge({ ...byUnits(some, { failingUnits: failing(40, 30) }), cells: failed });
    expect(without.verdict).toBe('hold');
    expect(judgement).toMatchObject({ verdict: 'roll-back', method: 'units', errors: { method: 'units' } });
    expect(judgement.explanation.join(' ')).toContain('one by one');
  });

  it('take the mean with the buckets: few of them cost at most a factor of two', () => {
    const without = judge(byUnits(many)).errors;
    const { errors } = judge(byUnits(many, { failingUnits: failing(0, 30) }));
    expect(errors?.logEHarm).toBeGreaterThanOrEqual((without?.logEHarm ?? 0) - Math.LN2 - 1e-12);
    expect(errors?.logEHarm).toBeLessThan(without?.logEHarm ?? 0);
  });

  it('never speak for safety', () => {
    const without = judge(byUnits(some)).errors;
    const { errors } = judge({ ...byUnits(some, { failingUnits: failing(0, 400) }), cells: failed });
    expect(errors?.logESafe).toBe(without?.logESafe);
    expect(errors?.high).toBe(without?.high);
  });

  it('of a block without the control say nothing, and make no block', () => {
    const alone = unitCells('on', 60, () => 2, { from: -1 });
    const unpaired = { epoch: 'e', from: -1, serviceVersion: '1', variant: 'on', units: 30 };
    const paired = { ...byUnits(some, { failingUnits: failing(10, 100) }), cells: failed };
    const more = {
      ...paired,
      cells: [...failed, cell('on', 960, 32, { from: -1 })],
      unitCells: [...some, ...alone],
      failingUnits: [...failing(10, 100), unpaired],
    };
    expect(judge(more).errors?.logEHarm).toBe(judge(paired).errors?.logEHarm);
  });

  it('widen the interval with the price of the mean: above 1 it still implies a roll-back', () => {
    // One failure a bucket: by the buckets alone the lower end is just above 1.
    const cells = [...unitCells('on', 162, () => 1), ...unitCells('off', 540, () => 1)];
    const without = judge(byUnits(cells));
    expect(without).toMatchObject({ verdict: 'roll-back' });
    expect(without.errors?.low).toBeGreaterThan(1);
    const { verdict, errors } = judge(byUnits(cells, { failingUnits: failing(0, 16) }));
    expect(verdict).toBe('hold');
    expect(errors?.low).toBeLessThan(1);
  });
});
