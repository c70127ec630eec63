/** Too little to say anything. Never a p-value of 1 or an effect of 0, which would be an answer. */
export interface Insufficient {
  readonly kind: 'insufficient';
  /** What is missing, as a sentence. */
  readonly missing: string;
}

/** A quantity, or why there is none. */
export type Outcome<T> = ({ readonly kind: 'ok' } & T) | Insufficient;

export function insufficient(missing: string): Insufficient {
  return { kind: 'insufficient', missing };
}

/** Both ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
