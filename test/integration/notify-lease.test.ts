import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLease, type Lease } from '../../src/server/notify/lease.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

/** Long enough for this machine when others use it. */
const HOLD_MS = 3000;

/** A backend's, whose clock is the test's; waiting for claims made at once may take until the test says so. */
function lease(settled: () => Promise<void> = () => setTimeout(200)): Lease & { pass(ms: number): void } {
  let ms = 0;
  const times = { holdMs: HOLD_MS, renewMs: 1000, settleMs: 0 };
  const made = createLease(store(), times, () => ms, settled);
  return Object.assign(made, {
    pass(by: number) {
      ms += by;
    },
  });
}

const claimsHeld = (): Promise<{ n: number }[]> =>
  store().query(
    `SELECT uniqExact(claim)::UInt32 AS n FROM telltale_watchers WHERE time > now64(6) - toIntervalMillisecond(${HOLD_MS})`,
  );

/** As of one that was killed: what it claimed ends by itself. */
async function untilNothingHolds(): Promise<void> {
  while ((await claimsHeld())[0]?.n !== 0) await setTimeout(50);
}

test('of those that claim at once one has it; it goes to another when it is released', async () => {
  const all = [lease(), lease(), lease()];
  await Promise.all(all.map((one) => one.hold()));
  expect(all.filter(({ isHeld }) => isHeld)).toHaveLength(1);
  const [first] = all.filter(({ isHeld }) => isHeld);
  const others = all.filter((one) => one !== first);
  await Promise.all(others.map((one) => one.hold()));
  expect(others.map(({ isHeld }) => isHeld)).toEqual([false, false]);
  await first?.release();
  expect(first?.isHeld).toBe(false);
  await others[0]?.hold();
  expect(others[0]?.isHeld).toBe(true);
  await others[0]?.release();
});

test('of one that was killed it ends by itself, and one that slept meanwhile has it no more', async () => {
  await untilNothingHolds();
  const [slept, other] = [lease(), lease()];
  await slept.hold();
  await other.hold();
  expect([slept.isHeld, other.isHeld]).toEqual([true, false]);
  slept.pass(HOLD_MS);
  // Before anything is asked.
  expect(slept.isHeld).toBe(false);
  await untilNothingHolds();
  await other.hold();
  await slept.hold();
  expect([slept.isHeld, other.isHeld]).toEqual([false, true]);
  await other.release();
});
