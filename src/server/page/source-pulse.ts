import type { Source } from '../../sources/source.js';
import { createPulse, type Pulse } from './pulse.js';

/** Stores of metrics get new ones every 15 to 60 s, and some count who asks. */
const POLL_MS = 15_000;

/** Longer than reports are apart and late. */
const RECENT_SECONDS = 600;

/** Told by what was last seen of any flag, asked for again and again while somebody listens. */
export function createSourcePulse(source: Source, now: () => number): Pulse {
  return createPulse({
    everyMs: POLL_MS,
    async newest() {
      const to = now();
      const flags = await source.flags({ from: to - RECENT_SECONDS, to }, {});
      const newest = Math.max(0, ...flags.map(({ lastSeen }) => lastSeen));
      return { mark: String(newest), at: newest || null };
    },
  });
}
