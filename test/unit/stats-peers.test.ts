import { describe, expect, it } from 'vitest';
import { binomial } from '../../src/simulation/binomial.js';
import { createRandom } from '../../src/simulation/random.js';
import { ratioGains } from '../../src/stats/e-values.js';
import { momentsOfEvents } from '../../src/stats/fixed/moments.js';
import { judge } from '../../src/stats/index.js';
import { logMeanExp } from '../../src/stats/log-space.js';
import { asymptoticSequence } from '../../src/stats/sequential/asymptotic.js';
import { mannWhitneyShift } from '../support/mann-whitney.js';
import { FLAGGER } from '../support/peers/flagger.js';
import { GROWTHBOOK } from '../support/peers/growthbook.js';
import { HARNESS } from '../support/peers/harness.js';
import { PEERS } from '../support/peers/index.js';
import { classify, KAYENTA } from '../support/peers/kayenta.js';
import {
  type Block,
  cellsOf,
  evidenceOf,
  type Look,
  type Rule,
  totalOf,
  type Verdict,
} from '../support/simulation/look.js';

/** One block of requests and failures of treatment and control. */
function block(
  from: number,
  treatment: readonly [number, number],
  control: readonly [number, number],
): Block {
  const counts = ([requests, events]: readonly [number, number]) => ({ requests, events });
  return { epoch: '1', from, treatment: counts(treatment), control: counts(control) };
}

/** What a rule says at the only look, the last. */
function decide(rule: Rule, blocks: readonly Block[]): Verdict {
  const look: Look = { blocks, evidence: evidenceOf(cellsOf(blocks)), last: true };
  return rule.begin(1)(look);
}

const ten = Array.from({ length: 10 }, (_, i) => i);

describe('where published rules go wrong', () => {
  it('five failures, all of them in a 10 % canary, are 2,738 to 1 and are shipped by a Safe Rollout', () => {
    const blocks = [block(0, [100, 5], [900, 0])];
    const [only] = blocks.map(({ treatment, control }) => ({
      ...{ epoch: '1', from: 0, treatmentRequests: treatment.requests, treatmentEvents: treatment.events },
      ...{ controlRequests: control.requests, controlEvents: control.events },
    }));
    if (only === undefined) throw new Error('expected a block');
    expect(Math.round(Math.exp(logMeanExp(ratioGains([only], 0, 'above'))))).toBe(2738);
    expect(judge(evidenceOf(cellsOf(blocks))).verdict).toBe('roll-back');
    expect(decide(GROWTHBOOK, blocks)).toBe('roll-forward');
  });

  it('seven of ten points a hundred times worse pass the judge', () => {
    const control = ten.map((i) => 0.001 + 0.00001 * i);
    const canary = ten.map((i) => (i < 7 ? 0.1 + 0.001 * i : 0.0005 + 0.00001 * i));
    expect(classify(canary, control)).toBe('Pass');
    const blocks = ten.map((i) =>
      block(
        i,
        [10_000, Math.round(10_000 * (canary[i] ?? 0))],
        [10_000, Math.round(10_000 * (control[i] ?? 0))],
      ),
    );
    expect(decide(KAYENTA, blocks)).toBe('roll-forward');
    expect(judge(evidenceOf(cellsOf(blocks))).verdict).toBe('roll-back');
  });

  it('one look at nothing is a success for a rule that only looks for failure, and never for us', () => {
    const blocks = [block(0, [0, 0], [1000, 3])];
    expect(judge(evidenceOf(cellsOf(blocks))).verdict).toBe('hold');
    expect([GROWTHBOOK, FLAGGER, HARNESS].map((rule) => decide(rule, blocks))).toEqual(
      Array(3).fill('roll-forward'),
    );
    // With no values at all it fails the canary.
    expect(decide(KAYENTA, blocks)).toBe('roll-back');
  });

  it('what is inconclusive at the deadline is shipped, and held by us', () => {
    const blocks = ten.map((i) => block(i, [100, 0], [100, 0]));
    expect(judge(evidenceOf(cellsOf(blocks))).verdict).toBe('hold');
    expect(PEERS.map((rule) => decide(rule, blocks))).toEqual(PEERS.map(() => 'roll-forward'));
  });

  it('a mismatch of the sample does not mask harm', () => {
    const blocks = ten.map((i) => block(i, [1000, 30], [1000, 10]));
    const epochs = [{ epoch: '1', allocation: { on: 0.5, off: 0.5 }, exposed: { on: 1000, off: 3000 } }];
    const { verdict, sampleRatio } = judge({ ...evidenceOf(cellsOf(blocks)), epochs });
    expect(sampleRatio).toBeGreaterThan(Math.log(1000));
    expect(verdict).toBe('roll-back');
  });

  it('a normal bound with the variance put in calls most 1 % canaries of rare failures improved', () => {
    let improved = 0;
    let forward = 0;
    for (let run = 0; run < 100; run++) {
      const next = createRandom(801, run);
      const blocks: Block[] = [];
      const moments = (arm: 'treatment' | 'control') => {
        const { requests, events } = totalOf(blocks, arm);
        return momentsOfEvents(requests, events);
      };
      let claimed = false;
      for (let from = 0; from < 20; from++) {
        blocks.push(
          block(from, [500, binomial(500, 0.0001, next)], [49_500, binomial(49_500, 0.0001, next)]),
        );
        const bound = asymptoticSequence(moments('treatment'), moments('control'), {
          alpha: 0.05,
          tuning: 5000,
          kind: 'difference',
        });
        claimed ||= bound.kind === 'ok' && bound.upperBound < 0;
      }
      if (claimed) improved++;
      if (
        judge({ ...evidenceOf(cellsOf(blocks)), parameters: { extraErrors: 0 } }).verdict === 'roll-forward'
      )
        forward++;
    }
    console.log(`called improved: ${improved} % by the normal bound; called safe by a ratio: ${forward} %`);
    expect(improved).toBeGreaterThan(50);
  });
});

describe('the judge of Kayenta', () => {
  it('classifies as its interval does', () => {
    const next = createRandom(802, 0);
    let high = 0;
    for (let run = 0; run < 200; run++) {
      const control = Array.from({ length: 12 }, () => Math.round(20 * next()) / 1000);
      const canary = Array.from({ length: 12 }, () => Math.round(20 * next() + (run % 20)) / 1000);
      const { low, estimate } = mannWhitneyShift(canary, control, 0.98);
      const expected = low !== null && low > 0.25 * Math.abs(estimate) + 1e-12 ? 'High' : 'Pass';
      expect(classify(canary, control)).toBe(expected);
      if (expected === 'High') high++;
    }
    expect(high).toBeGreaterThan(20);
    expect(high).toBeLessThan(180);
  });
});
