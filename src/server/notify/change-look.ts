import type { Change } from '../../sources/change.js';
import type { Source } from '../../sources/source.js';
import type { ChangeHistory } from '../change-history.js';
import { type ChangeDocument, changeDocument } from '../change-log.js';
import { TRANSITION_SECONDS } from '../epochs.js';
import { noticeId } from './notice.js';
import type { KnownChange, NoticeStore } from './notice-store.js';

/** How long after it was made a change is told: Datadog takes none that is 18 hours old. */
const NEWS_SECONDS = 6 * 3600;

/** A version that telemetry told may be dated anew as late reports come. */
const SAME_SECONDS = 3600;

/** How far back services are looked for that evaluate a flag. */
const SERVICES_SECONDS = 3600;

/** Notes changes that were not noted before. */
export interface ChangeLook {
  /** Those that were told to a backend of this store. */
  told(now: number): Promise<void>;
  /** Those that telemetry tells: versions. */
  seen(now: number): Promise<void>;
  /** Those that a comparison found, such as shares that moved. */
  compared(changes: readonly ChangeDocument[], now: number): Promise<void>;
}

export function createChangeLook(source: Source, history: ChangeHistory, notices: NoticeStore): ChangeLook {
  async function note(changes: readonly ChangeDocument[], now: number): Promise<void> {
    const recent = changes.filter(({ time }) => Date.parse(time) / 1000 > now - NEWS_SECONDS);
    if (recent.length === 0) return;
    const known = await notices.changes(now - NEWS_SECONDS - SAME_SECONDS);
    const ids = new Set(known.map(({ id }) => id));
    for (const change of recent.toSorted((a, b) => (a.time < b.time ? -1 : 1))) {
      const id = noticeId('change', change.id);
      const noted = knownChange(id, change);
      if (ids.has(id)) continue;
      if (change.origin === 'telemetry' && known.some((other) => isSame(other, noted))) continue;
      await notices.noteChange({ kind: 'change', id, change, services: await servicesOf(change, now) }, now);
      known.push(noted);
      ids.add(id);
    }
  }

  async function servicesOf({ flag, service }: ChangeDocument, now: number): Promise<readonly string[]> {
    if (flag === null) return service === null ? [] : [service];
    const [seen] = await source.flags({ from: now - SERVICES_SECONDS, to: now }, { flag });
    return seen?.services ?? [];
  }

  const documents = (changes: readonly Change[]): ChangeDocument[] => changes.map(changeDocument);
  return {
    told: async (now) =>
      note(documents(await history.told(undefined, { from: now - NEWS_SECONDS, to: now })), now),
    async seen(now) {
      const window = { from: now - NEWS_SECONDS, to: now };
      const told = await history.told(undefined, window);
      await note(documents(await history.withSeen(told, undefined, window, now)), now);
    },
    compared: note,
  };
}

function knownChange(id: string, change: ChangeDocument): KnownChange {
  const { flag, service, environment, version, time } = change;
  return {
    ...{
      id,
      flag: flag ?? '',
      service: service ?? '',
      environment: environment ?? '',
      version: version ?? '',
    },
    made: Date.parse(time) / 1000,
  };
}

function isSame(one: KnownChange, other: KnownChange): boolean {
  // Shares may move again within the hour: a rollout by steps.
  const slack = one.version === '' ? TRANSITION_SECONDS : SAME_SECONDS;
  return (
    one.flag === other.flag &&
    one.service === other.service &&
    one.environment === other.environment &&
    one.version === other.version &&
    Math.abs(one.made - other.made) <= slack
  );
}
