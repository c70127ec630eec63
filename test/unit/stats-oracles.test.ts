import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GuardrailResult } from '../../src/stats/guardrail.js';
import { type Evidence, judge } from '../../src/stats/index.js';

interface ExpectedGuardrail extends Omit<GuardrailResult, 'requestsNeeded'> {
  readonly requestsNeeded: number | null;
}

interface OracleCase {
  readonly id: string;
  readonly why: string;
  readonly evidence: Evidence;
  readonly expected: {
    readonly verdict: string;
    readonly reasons: readonly string[];
    readonly method: string;
    readonly errors: ExpectedGuardrail | null;
    readonly slow?: ExpectedGuardrail;
    readonly sampleRatio: number | null;
    readonly requestsNeeded: number | null;
  };
}

// Computed by an independent implementation of the same formulas.
const file = new URL('../fixtures/verdicts.json', import.meta.url);
const { cases }: { cases: readonly OracleCase[] } = JSON.parse(readFileSync(file, 'utf8'));

function expectNear(actual: number | null, expected: number | null, tolerance: number, what: string): void {
  if (actual === null || expected === null) {
    expect(actual, what).toBe(expected);
    return;
  }
  const error = Math.abs(actual - expected) / Math.max(1e-300, Math.abs(expected));
  expect(error, `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(expected === 0 ? 0 : tolerance);
}

function expectGuardrail(
  actual: GuardrailResult | null,
  expected: ExpectedGuardrail,
  tolerance: number,
): void {
  if (actual === null) throw new Error('no result for a guardrail');
  expectNear(actual.logEHarm, expected.logEHarm, tolerance, 'logEHarm');
  expectNear(actual.logESafe, expected.logESafe, tolerance, 'logESafe');
  // A relative error of the ratio is an absolute one of its logarithm.
  expectNear(actual.ratio, expected.ratio, tolerance, 'ratio');
  expectNear(actual.low, expected.low, tolerance, 'low');
  expectNear(actual.high, expected.high, tolerance, 'high');
  expectNeeded(actual.requestsNeeded, expected.requestsNeeded);
  expectNear(actual.phi, expected.phi, tolerance, 'phi');
  expect(actual).toMatchObject({ harm: expected.harm, safe: expected.safe });
}

function expectNeeded(actual: number | null, expected: number | null): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(1);
}

describe('verdicts of an independent implementation', () => {
  it('are as many as there were', () => expect(cases).toHaveLength(14));

  it.each(cases)('$id: $why', ({ id, evidence, expected }) => {
    const tolerance = id === 'very-large' ? 1e-6 : 1e-9;
    const judgement = judge(evidence);
    expect(judgement.verdict).toBe(expected.verdict);
    expect(judgement.reasons).toEqual(expected.reasons);
    expect(judgement.method).toBe(expected.method);
    expectNear(judgement.sampleRatio, expected.sampleRatio, tolerance, 'sampleRatio');
    expectNeeded(judgement.requestsNeeded, expected.requestsNeeded);
    if (expected.errors === null) expect(judgement.errors).toBeNull();
    else expectGuardrail(judgement.errors, expected.errors, tolerance);
    if (expected.slow === undefined) expect(judgement.slow).toBeNull();
    else expectGuardrail(judgement.slow, expected.slow, tolerance);
  });
});
