/** A flag's configuration, as `@configcat/sdk` has it and as `configcat-node` did. */
export interface Setting {
  /** Targeting rules, percentage options, and the attribute that the latter go by. */
  readonly r?: readonly unknown[];
  readonly p?: readonly unknown[];
  readonly a?: string;
  readonly targetingRules?: readonly unknown[];
  readonly percentageOptions?: readonly unknown[];
  readonly percentageOptionsAttribute?: string;
}

interface Config {
  readonly f?: Readonly<Record<string, Setting>>;
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** Who a flag is evaluated for. */
export interface User {
  readonly identifier?: string | undefined;
  readonly email?: string | undefined;
  readonly country?: string | undefined;
  readonly custom?: object | undefined;
}

/** The configuration of a flag in what a client downloaded. */
export function settingIn(config: Config | null, key: string): Setting | undefined {
  return (config?.f ?? config?.settings)?.[key];
}

/** Whether everybody gets the same. */
export function isForAll({ r, p, targetingRules, percentageOptions }: Setting): boolean {
  return [r, p, targetingRules, percentageOptions].every((list) => (list ?? []).length === 0);
}

/** What percentage options chose by: the user's identifier, or the attribute that the setting names instead. */
export function unitOf(setting: Setting | undefined, user: User | undefined): unknown {
  const attribute = setting?.a ?? setting?.percentageOptionsAttribute ?? 'Identifier';
  switch (attribute) {
    case 'Identifier':
      return user?.identifier;
    case 'Email':
      return user?.email;
    case 'Country':
      return user?.country;
    default:
      return Reflect.get(Object(user?.custom), attribute);
  }
}
