import { expect, test, vi } from 'vitest';
import { createPulse, type Poll } from '../../src/server/page/pulse.js';

/** A store that answers with what the test says, and counts how often it is asked. */
function asked(answer: () => { mark: string; at: number | null }) {
  const seen = { count: 0 };
  const poll: Poll = {
    everyMs: 1,
    async newest() {
      seen.count += 1;
      return answer();
    },
  };
  return { seen, pulse: createPulse(poll) };
}

test('a store that others fill is asked only while somebody listens, and what is the same is no news', async () => {
  let mark = 'a';
  const { seen, pulse } = asked(() => ({ mark, at: 7 }));
  let told = 0;
  expect(seen.count).toBe(0);
  const stops = [pulse.listen(() => told++), pulse.listen(() => told++)];
  await vi.waitFor(() => expect(seen.count).toBeGreaterThan(3));
  expect([pulse.revision, pulse.at, told]).toEqual([1, 7, 2]);
  mark = 'b';
  await vi.waitFor(() => expect(told).toBe(4));
  for (const stop of stops) stop();

  const quiet = seen.count;
  const other = asked(() => ({ mark: '', at: null }));
  const stop = other.pulse.listen(() => undefined);
  await vi.waitFor(() => expect(other.seen.count).toBeGreaterThan(10));
  stop();
  expect(seen.count).toBe(quiet);

  // What it knows it still knows.
  const again = pulse.listen(() => told++);
  await vi.waitFor(() => expect(seen.count).toBeGreaterThan(quiet + 3));
  again();
  expect([pulse.revision, told]).toEqual([2, 4]);
});

test('a store that does not answer is asked again', async () => {
  let isGone = true;
  const { seen, pulse } = asked(() => {
    if (isGone) throw new Error('gone');
    return { mark: 'a', at: null };
  });
  const stop = pulse.listen(() => undefined);
  await vi.waitFor(() => expect(seen.count).toBeGreaterThan(2));
  expect(pulse.revision).toBe(0);
  isGone = false;
  await vi.waitFor(() => expect(pulse.revision).toBe(1));
  stop();
  expect(pulse.at).toBeNull();
});
