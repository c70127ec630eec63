import { type Attempt, attempt } from './attempt.js';
import type { Notice } from './notice.js';
import type { DueNotice, NoticeStore, Outcome } from './notice-store.js';
import type { NotifyMetrics } from './notify-metrics.js';
import type { Target } from './target.js';

/** A notice that nobody took for so long is news no more. */
const MAX_AGE_SECONDS = 6 * 3600;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 300_000;

/** Brings one target what is due, one at a time, what is of a flag in order; other targets are not kept waiting. */
export interface Courier {
  /** Looks for what is due, unless it is at it. */
  wake(): void;
  /**
   * What is under way is answered, and what is due tried once more, until the signal; what remains is due after the next
   * start.
   */
  finish(until: AbortSignal): Promise<void>;
}

export interface CourierOptions {
  readonly target: Target;
  readonly notices: NoticeStore;
  readonly metrics: NotifyMetrics;
  /** Whether this backend is the one that tells. */
  readonly mayTell: () => boolean;
  /** Unix seconds. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export function createCourier(options: CourierOptions): Courier {
  const { target, notices, metrics, mayTell, now, wait, onError } = options;
  const stopping = new AbortController();
  /** Aborted later: what is broken off may have been taken, and would be sent again. */
  const ending = new AbortController();
  /** Told, and not yet written down: the store was away. */
  const unwritten = new Map<string, Outcome>();
  let running: Promise<void> | undefined;

  async function settle(id: string, outcome: Outcome): Promise<void> {
    metrics.delivery(target.kind, outcome);
    unwritten.set(id, outcome);
    await writeDown();
  }

  async function writeDown(): Promise<void> {
    for (const [id, outcome] of unwritten) {
      await notices.settle(target.key, id, outcome, now());
      unwritten.delete(id);
    }
  }

  const mayGoOn = (): boolean => mayTell() && !stopping.signal.aborted;

  async function due(): Promise<DueNotice[]> {
    await writeDown();
    const begun = await notices.targetSince(target.key, now());
    const newerThan = now() - 2 * MAX_AGE_SECONDS;
    return notices.due(target.key, target.accepts, { begun, newerThan });
  }

  async function once({ notice }: DueNotice, signal: AbortSignal): Promise<Attempt> {
    const result = await attempt(target.request(notice, now()), signal, () => now() * 1000);
    if (result.kind === 'sent') {
      await settle(notice.id, 'sent');
      return result;
    }
    metrics.delivery(target.kind, 'failed');
    if (result.kind === 'refused') {
      onError(
        new Error(`The ${target.name} ${result.why}: a notice is given up. Check its address and secrets.`),
      );
      await settle(notice.id, 'dropped');
    }
    return result;
  }

  /** What is due; what nobody took for too long is given up. */
  async function timely(): Promise<DueNotice[]> {
    const all = await due();
    const isOld = ({ created }: DueNotice): boolean => now() - created > MAX_AGE_SECONDS;
    for (const { notice } of all.filter(isOld)) {
      onError(
        new Error(
          `The ${target.name} did not take it for ${MAX_AGE_SECONDS / 3600} h: a notice is given up.`,
        ),
      );
      await settle(notice.id, 'dropped');
    }
    return all.filter((one) => !isOld(one));
  }

  async function run(): Promise<void> {
    /** Not taken when last tried, the last one last: what is of others goes first, as it may be that one alone. */
    const behind: string[] = [];
    let pause = FIRST_WAIT_MS;
    let queue = await timely();
    for (let next = queue.shift(); next && mayGoOn(); next = queue.shift()) {
      const result = await once(next, ending.signal);
      const subject = subjectOf(next.notice);
      if (behind.includes(subject)) behind.splice(behind.indexOf(subject), 1);
      if (result.kind !== 'again') {
        // One that is never taken is asked no more often for what is taken meanwhile.
        if (behind.length === 0) pause = FIRST_WAIT_MS;
        continue;
      }
      behind.push(subject);
      if (!stopping.signal.aborted)
        onError(new Error(`The ${target.name} ${result.why}; it is tried again.`));
      // Where `Retry-After` is 0, or past by our clock, it is no leave to ask without a pause.
      await wait(Math.max(result.afterMs ?? 0, pause), stopping.signal);
      pause = Math.min(2 * pause, LONGEST_WAIT_MS);
      if (!mayGoOn()) return;
      const rank = ({ notice }: DueNotice): number => behind.indexOf(subjectOf(notice));
      queue = (await timely()).toSorted((a, b) => rank(a) - rank(b));
    }
  }

  return {
    wake() {
      running ??= run()
        .catch(onError)
        .finally(() => {
          running = undefined;
        });
    },
    async finish(until) {
      stopping.abort();
      until.addEventListener('abort', () => ending.abort(), { once: true });
      await running;
      if (!mayTell()) return;
      const behind = new Set<string>();
      for (const next of await due()) {
        if (until.aborted) return;
        const subject = subjectOf(next.notice);
        if (!behind.has(subject) && (await once(next, until)).kind === 'again') behind.add(subject);
      }
    },
  };
}

/** Whose notices stay in order. */
function subjectOf(notice: Notice): string {
  if (notice.kind === 'verdict') return notice.flag;
  const { flag, service } = notice.change;
  return JSON.stringify([flag, service]);
}
