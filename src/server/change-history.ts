import type { Change } from '../sources/change.js';
import type { KeptChanges } from '../sources/clickhouse-changes.js';
import type { SeenEvaluations, SeenTelemetry, SeenVersion } from '../sources/clickhouse-seen.js';
import type { Window } from '../sources/source.js';
import { TRANSITION_SECONDS } from './epochs.js';
import { groups } from './groups.js';
import { shareMoves } from './share-moves.js';
import { type VersionMove, versionMoves } from './version-moves.js';

/** Changes in a window, newest first. */
export interface ChangeHistory {
  /** Those that were told: of one flag with all deployments, or all. */
  told(flag: string | undefined, window: Window): Promise<Change[]>;
  /**
   * Those that were told, and those that telemetry tells and nobody told: of one flag with the deployments of the services
   * that evaluate it, or all.
   *
   * @param sharesFrom since when moving shares are looked for, which takes time; they are where a flag is named
   */
  withSeen(
    told: readonly Change[],
    flag: string | undefined,
    window: Window,
    sharesFrom: number,
  ): Promise<Change[]>;
}

export function createChangeHistory(kept: KeptChanges, telemetry: SeenTelemetry): ChangeHistory {
  return {
    told: (flag, window) => kept.list(flag, window),

    async withSeen(told, flag, window, sharesFrom) {
      const services = await telemetry.serviceVersions(flag, window);
      const flags = await telemetry.flagVersions(flag, window);
      const ofShares = { from: Math.max(window.from, sharesFrom), to: window.to };
      const seen = [
        ...versionMoves(services).map(deployment),
        ...versionMoves(flags).map(newVersion),
        ...(flag === undefined ? [] : movedShares(flag, await unversioned(telemetry, flag, ofShares, flags))),
      ];
      const isOfFlag = ({ kind, service }: Change): boolean =>
        flag === undefined || kind === 'flag' || services.some(({ name }) => name === service);
      return [...told.filter(isOfFlag), ...news(told, seen)].sort((a, b) => b.time - a.time);
    },
  };
}

/** Where a flag has versions, they move with its shares. */
async function unversioned(
  telemetry: SeenTelemetry,
  flag: string,
  window: Window,
  versions: readonly SeenVersion[],
): Promise<SeenEvaluations[]> {
  const isVersioned = versions.length > 0 && versions.every(({ version }) => version !== '');
  return isVersioned ? [] : telemetry.evaluations(flag, window);
}

/** A deployment is told when it is begun, and seen with the first report of the new version. */
const DEPLOYING_SECONDS = 3600;

/** What is seen of a change that was told is no second one. */
function news(told: readonly Change[], seen: readonly Change[]): Change[] {
  const all = [...told];
  const found: Change[] = [];
  for (const change of seen) {
    const slack = change.kind === 'flag' ? TRANSITION_SECONDS : DEPLOYING_SECONDS;
    const isKnown = all.some(
      (other) =>
        other.kind === change.kind &&
        other.flag === change.flag &&
        other.service === change.service &&
        (change.kind === 'flag' || other.version === change.version) &&
        (other.environment === change.environment || other.environment === '') &&
        Math.abs(other.time - change.time) <= slack,
    );
    if (isKnown) continue;
    // Services move one after the other.
    if (change.kind === 'flag') all.push(change);
    found.push(change);
  }
  return found;
}

const SEEN = {
  origin: 'telemetry',
  shares: null,
  sharesBefore: null,
  variations: [],
  description: '',
  author: '',
} as const;

function deployment({ name: service, environment, version, time }: VersionMove): Change {
  const id = `telemetry deployment ${service} ${environment} ${version} ${time}`;
  return { ...SEEN, id, kind: 'deployment', time, flag: '', service, environment, version };
}

function newVersion({ name: flag, environment, version, time }: VersionMove): Change {
  const id = `telemetry version ${flag} ${environment} ${version} ${time}`;
  return { ...SEEN, id, kind: 'flag', time, flag, service: '', environment, version };
}

function movedShares(flag: string, seen: readonly SeenEvaluations[]): Change[] {
  const places = groups(seen, ({ service, environment }) => `${service.length} ${service}${environment}`);
  const changes = places.flatMap((counts) =>
    shareMoves(counts).map(({ time, variant, before, after }): Change => {
      const environment = counts[0]?.environment ?? '';
      const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
      return {
        ...SEEN,
        ...{ id: `telemetry shares ${flag} ${environment} ${time}`, kind: 'flag', time, flag, service: '' },
        ...{ environment, version: '' },
        description: `evaluations that gave ${variant} moved from ${percent(before)} to ${percent(after)}`,
      };
    }),
  );
  return changes.sort((a, b) => a.time - b.time);
}
