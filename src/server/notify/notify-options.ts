import type { NotifyTimes } from './notifier.js';
import type { Target } from './target.js';

/** What a backend is told of its targets. */
export interface NotifyOptions {
  readonly targets: readonly Target[];
  /** What a flag is compared with beside the environment, by names of the API's parameters. */
  readonly parametersOf: (flag: string) => Readonly<Record<string, string>>;
  /** Under which others reach the page and the API, without a slash at its end; where it listens, where it is left out. */
  readonly apiUrl?: string;
  readonly times?: NotifyTimes;
}
