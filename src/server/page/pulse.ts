/** What tells that something new is stored, so that nobody needs to ask again and again. */
export interface Pulse {
  /** Grows with everything that is stored; begins anew with the backend. */
  readonly revision: number;
  /** When something was last stored, as far as it is known: Unix seconds; null: not yet. */
  readonly at: number | null;
  /** Tells of each growth, until what is returned is called. A listener must not throw: whoever stores would hear of it. */
  listen(listener: () => void): () => void;
}

/** A store that others fill: it has to be asked, which is done only while somebody listens. */
export interface Poll {
  readonly everyMs: number;
  readonly newest: () => Promise<Newest>;
}

interface Newest {
  /** Differs when more was stored. */
  readonly mark: string;
  /** The time of the newest that is stored, Unix seconds; null: nothing is. */
  readonly at: number | null;
}

export interface OwnPulse extends Pulse {
  /** Something was stored at this moment, Unix seconds. */
  beat(at: number): void;
}

/** @param poll left out where all that is stored is told by `beat` */
export function createPulse(poll?: Poll): OwnPulse {
  const listeners = new Set<() => void>();
  let revision = 0;
  let at: number | null = null;
  let mark: string | undefined;
  let stopPolling: (() => void) | undefined;

  function beat(time: number | null): void {
    revision += 1;
    at = time === null ? at : Math.max(at ?? 0, time);
    for (const listener of listeners) listener();
  }

  function polled(answer: Newest): void {
    if (answer.mark === mark) return;
    mark = answer.mark;
    beat(answer.at);
  }

  return {
    get revision() {
      return revision;
    },
    get at() {
      return at;
    },
    beat,
    listen(listener) {
      // Its own function, so that one that is given twice is told twice.
      const own = (): void => listener();
      listeners.add(own);
      if (poll !== undefined) stopPolling ??= startPolling(poll, polled);
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        stopPolling?.();
        stopPolling = undefined;
      };
    },
  };
}

function startPolling({ everyMs, newest }: Poll, onAnswer: (answer: Newest) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  async function ask(): Promise<void> {
    // Whoever asks for data hears that the store does not answer; here it is only asked again.
    const answer = await newest().catch(() => undefined);
    if (isStopped) return;
    if (answer !== undefined) onAnswer(answer);
    timer = setTimeout(() => void ask(), everyMs).unref();
  }
  void ask();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
