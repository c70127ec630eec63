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

  it('are further evidence of harm', () => {
    const without = judge(byUnits(some));
    const judgement = judge(byUnits(some, { failingUnits: failing(40, 30) }));
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
    const { errors } = judge(byUnits(some, { failingUnits: failing(0, 400) }));
    expect(errors?.logESafe).toBe(without?.logESafe);
    expect(errors?.high).toBe(without?.high);
  });
});
