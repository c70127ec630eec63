/** Shares by variant, adding up to 1. */
export type Shares = Readonly<Record<string, number>>;

/** Something that was done to a flag, or a version of a service that began to run. */
export interface Change {
  /** The same change has the same id, however often it is told. */
  readonly id: string;
  readonly kind: 'flag' | 'deployment';
  /** Who told of it: a caller of the API, a flag service's webhook, or what applications report. */
  readonly origin: 'api' | 'webhook' | 'telemetry';
  /** Unix seconds. */
  readonly time: number;
  /** Of a flag; empty: a deployment. */
  readonly flag: string;
  /** Of a deployment. */
  readonly service: string;
  /** Empty: all of them, or not told. */
  readonly environment: string;
  /** Of the flag or of the service; empty: not told. */
  readonly version: string;
  /** What the release gives from now on; null: not told. */
  readonly shares: Shares | null;
  /** What it gave before; null: not told. */
  readonly sharesBefore: Shares | null;
  /** Names of the variants where shares go by index, as LaunchDarkly's do; else empty. */
  readonly variations: readonly string[];
  readonly description: string;
  readonly author: string;
}
