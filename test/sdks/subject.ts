/** What one evaluation has to write. Absent means that nothing may be written. */
export interface Expected {
  readonly key: string;
  readonly variant?: string;
  /** In the words of the semantic conventions. */
  readonly reason: string;
  readonly assignment: 'assigned' | 'override' | 'default' | 'error';
  readonly setId?: string;
  readonly version?: string;
  readonly errorType?: string;
}

/** One way to evaluate. */
export interface SdkCase<Client> {
  /** Makes the client, where the subject's usual one does not do. */
  readonly start?: () => Promise<Client>;
  /** Evaluates one flag once, and gives or throws all that the application gets. */
  readonly evaluate: (client: Client, unit: string) => unknown;
  readonly expected: Expected;
}

/** A flag that gives some units another variant than others. */
export interface SplitCase<Client> {
  readonly evaluate: (client: Client, unit: string) => unknown;
  /** What is written for a unit; two units at least, with different variants. */
  readonly expected: Readonly<Record<string, Expected>>;
}

/** What the SDK makes impossible, and why; goes into `docs/sdks.md` as it stands. */
export interface Impossible {
  readonly impossible: string;
}

/** Facts of an evaluation that not every SDK tells. */
export type Field = 'variant' | 'reason' | 'targetingKey' | 'setId' | 'version' | 'errorType';

/**
 * One flag SDK, real and offline, as the conformance suite, the bench and `docs/sdks.md` see it. A file of it imports
 * the SDK and types alone, so that the bench can load it as it is.
 */
export interface SdkSubject<Client extends object, Entry> {
  /** As its users name it. */
  readonly title: string;
  /** Packages it is tried with, the SDK's first. */
  readonly packages: readonly string[];
  /** The entry point: `telltale/unleash`. */
  readonly entry: string;
  /** What a user adds, as it stands in `docs/sdks.md`: the call, on a client as the SDK's documentation names it. */
  readonly line: string;
  /** `web` for an SDK of browsers, where no operation, metric, assignment or unit is written; else Node. */
  readonly runtime?: 'web';
  /** `feature_flag.provider.name`. */
  readonly provider: string;
  /** By what the real SDK works here without a network: `bootstrap data`. */
  readonly offline: string;
  /** A client that is ready, with the flags of the cases. */
  readonly start: () => Promise<Client>;
  readonly stop: (client: Client) => unknown;
  /** Attaches the adapter of `entry`, and gives what detaches it, where there is such. */
  readonly attach: (client: Client, entry: Entry) => (() => void) | Impossible;
  /**
   * Adds a hook that does nothing, where the SDK runs hooks: the bench measures over that too, because running them is
   * the SDK's own work.
   */
  readonly addEmptyHook?: (client: Client) => void;
  readonly cases: {
    readonly boolean: SdkCase<Client>;
    readonly string: SdkCase<Client> | Impossible;
    readonly number: SdkCase<Client> | Impossible;
    readonly object: SdkCase<Client> | Impossible;
    /** A flag that is switched off. */
    readonly off: SdkCase<Client> | Impossible;
    /** A unit targeted individually. */
    readonly override: SdkCase<Client> | Impossible;
    /** A flag that does not exist: the default. */
    readonly missing: SdkCase<Client> | Impossible;
    readonly wrongType: SdkCase<Client> | Impossible;
    readonly notReady: SdkCase<Client> | Impossible;
  };
  readonly split: SplitCase<Client> | Impossible;
  /** More of what is peculiar to the SDK, by what it shows. */
  readonly more?: Readonly<Record<string, SdkCase<Client>>>;
  /** Why the SDK does not give a field; every field is expected by some case or explained here. */
  readonly without: Partial<Readonly<Record<Field, string>>>;
  /** What users should know beside that; sentences. */
  readonly notes: readonly string[];
}

/** Whether a case is one that the SDK makes impossible. */
export function isImpossible(given: object): given is Impossible {
  return 'impossible' in given;
}
