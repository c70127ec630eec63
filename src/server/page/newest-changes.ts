import type { ChangeDocument } from '../change-log.js';

/** The newest changes of flags, and deployments of services. */
export interface NewestChanges {
  readonly byFlag: ReadonlyMap<string, ChangeDocument>;
  readonly byService: ReadonlyMap<string, ChangeDocument>;
}

/** @param changes newest first */
export function newestChanges(changes: readonly ChangeDocument[]): NewestChanges {
  const byFlag = new Map<string, ChangeDocument>();
  const byService = new Map<string, ChangeDocument>();
  for (const change of changes) {
    const [map, name] = change.kind === 'flag' ? [byFlag, change.flag] : [byService, change.service];
    if (name !== null && !map.has(name)) map.set(name, change);
  }
  return { byFlag, byService };
}

/** Whether a change may alter anything there; one without an environment is of all. */
export function isChangeIn(environment: string | undefined, change: ChangeDocument): boolean {
  return environment === undefined || change.environment === null || change.environment === environment;
}
