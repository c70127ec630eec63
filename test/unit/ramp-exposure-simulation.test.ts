import { describe, expect, test } from 'vitest';
import { alarms, type Counted, type RampTraffic } from '../support/simulation/ramp-exposure.js';

const HOUR = 3600;

/** 1, 10, 50 % within three days, of users who come back, to one of three processes that restart at noon of the second day. */
const RAMP: RampTraffic = {
  ...{ seed: 701, users: 6000, days: 3, processes: 3, leaving: 0, lost: 0, lostFrom: 0 },
  steps: [
    [0, 0.01],
    [20 * HOUR, 0.1],
    [40 * HOUR, 0.5],
  ],
};

const RUNS = 40;
const WAYS = ['ids', 'counters', 'days', 'first-day'] as const;

/** In how many releases some look alarmed. */
function alarmed(traffic: RampTraffic, runs = RUNS): Record<Counted, number> {
  const found = { ids: 0, counters: 0, days: 0, 'first-day': 0 };
  for (let run = 0; run < runs; run++) {
    alarms(traffic, run, WAYS).forEach((isAlarm, i) => {
      if (isAlarm) found[WAYS[i] ?? 'ids'] += 1;
    });
  }
  console.log(WAYS.map((way) => `${way} ${found[way]} of ${runs}`).join(', '));
  return found;
}

describe('units assigned as allocated, over days, restarts and three processes', () => {
  test('by ids none alarms; counters count those anew who come back', () => {
    const { ids, counters } = alarmed(RAMP);
    expect(ids).toBeLessThanOrEqual(1);
    expect(counters).toBeGreaterThan(RUNS / 3);
  }, 120_000);

  test('nor where the treated do not come back, which each day by itself takes for a mismatch', () => {
    const steady: RampTraffic = { ...RAMP, seed: 702, steps: [[0, 0.5]], processes: 1, leaving: 0.3 };
    const found = alarmed(steady);
    expect(found.ids).toBeLessThanOrEqual(1);
    expect(found['first-day']).toBeLessThanOrEqual(1);
    expect(found.days).toBeGreaterThan(RUNS / 3);
  }, 120_000);

  test('nor of one of several processes where the treated make fewer requests; a counter of one alarms', () => {
    const few: RampTraffic = { ...RAMP, seed: 703, steps: [[0, 0.5]], leaving: 0.7 };
    const found = alarmed(few);
    expect(found.ids).toBeLessThanOrEqual(1);
    expect(found['first-day']).toBeGreaterThan(RUNS / 3);
  }, 120_000);
});

describe('a mismatch', () => {
  test('that begins after the first day is found by ids, and never on the first day', () => {
    const late: RampTraffic = { ...RAMP, seed: 704, lost: 0.5, lostFrom: 24 * HOUR };
    const found = alarmed(late);
    expect(found.ids).toBeGreaterThan(0.9 * RUNS);
    expect(found['first-day']).toBeLessThanOrEqual(1);
  }, 120_000);
});
