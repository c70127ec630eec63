/** What a bar is drawn on: standard error, where it is a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** How much is done, from 0 to 1. */
  show(done: number): void;
  /** Takes the bar away. */
  end(): void;
}

const WIDTH = 30;
const REDRAW_MS = 100;

/** A bar with the time left; nothing where the output is no terminal: a log would keep every state of it. */
export function createProgress(terminal: Terminal, now: () => number = Date.now): Progress {
  if (terminal.isTTY !== true) return { show: () => {}, end: () => {} };
  const began = now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    show(done) {
      const time = now();
      if (time - drawn < REDRAW_MS) return;
      drawn = time;
      const full = Math.round(done * WIDTH);
      const left = done > 0 ? `, ${Math.ceil(((time - began) / done) * (1 - done) * 1e-3)} s left` : '';
      const line = `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${Math.floor(done * 100)} %${left}`;
      // Terminals of no known width say 0.
      terminal.write(`\r\x1b[K${line.slice(0, (terminal.columns || 80) - 1)}`);
    },
    end: () => terminal.write('\r\x1b[K'),
  };
}
