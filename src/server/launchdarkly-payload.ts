import type { Change, Shares } from '../sources/change.js';
import { BackendError } from '../store/backend-error.js';

type Json = Readonly<Record<string, unknown>>;

/** Actions on a flag after which everybody gets what they got before; one that is not known may be another. */
const WITHOUT_EFFECT: ReadonlySet<unknown> = new Set([
  ...[
    'updateName',
    'updateDescription',
    'updateTags',
    'updateTemporary',
    'updateMaintainer',
    'updateDeprecated',
  ],
  ...['updateIncludeInSnippet', 'updateClientSideFlagAvailability', 'updateFlagCustomProperties'],
  ...['updateFlagDefaultVariations', 'updateFlagRuleDescription', 'updateFlagCodeReferences'],
  ...['updateTrackEvents', 'updateFlagFallthroughTrackEvents', 'manageFlagFollowers'],
  ...['createFlagLink', 'updateFlagLink', 'deleteFlagLink'],
  ...['createApprovalRequest', 'updateApprovalRequest', 'reviewApprovalRequest', 'deleteApprovalRequest'],
]);

/** A flag in one environment; tags may stand behind each part. */
const RESOURCE = /^proj\/[^:;]+[^:]*:env\/([^:;]+)[^:]*:flag\/([^:;]+)/;

const MAX_TEXT = 256;
const MAX_DESCRIPTION = 2000;

/**
 * The changes that a payload of LaunchDarkly's webhook tells, one for each flag and environment: an entry of its audit
 * log. None where nothing changed for anybody, or it is of something else than a flag.
 *
 * @throws BackendError `bad-request` where it is no such entry
 */
export function launchDarklyChanges(payload: Json): Change[] {
  const { _id: id, date, kind } = payload;
  if (kind !== 'flag') return [];
  if (typeof id !== 'string' || id === '' || id.length > MAX_TEXT) throw unreadable('_id', 'a text');
  // Milliseconds; the last that a date can hold.
  if (typeof date !== 'number' || !(date > 0 && date <= 8.64e15)) throw unreadable('date', 'milliseconds');
  const places = new Map<string, readonly [environment: string, flag: string]>();
  for (const access of listOf(payload['accesses'])) {
    if (WITHOUT_EFFECT.has(access['action'])) continue;
    const [, environment = '', flag = ''] = RESOURCE.exec(String(access['resource'])) ?? [];
    if (flag !== '') places.set(`${environment} ${flag}`, [environment, flag]);
  }
  return [...places.values()].map(([environment, flag]): Change => {
    const now = stateOf(payload['currentVersion'], environment);
    return {
      id: `launchdarkly ${id} ${environment} ${flag}`,
      kind: 'flag',
      origin: 'webhook',
      time: date / 1000,
      flag,
      service: '',
      environment: environment === '*' ? '' : environment,
      version: now === undefined ? '' : oneLine(now['version'], MAX_TEXT),
      shares: now === undefined ? null : sharesOf(now),
      sharesBefore: sharesOf(stateOf(payload['previousVersion'], environment)),
      variations: namesOf(payload['currentVersion']),
      description: oneLine(
        payload['comment'] || payload['description'] || payload['titleVerb'],
        MAX_DESCRIPTION,
      ),
      author: authorOf(payload['member']),
    };
  });
}

/** What the flag gives in one environment, where the payload holds that. */
function stateOf(version: unknown, environment: string): Json | undefined {
  const environments = objectOf(objectOf(version)?.['environments']);
  return environments !== undefined && Object.hasOwn(environments, environment)
    ? objectOf(environments[environment])
    : undefined;
}

/** By the index of the variation; null where rules give some users another split than the others. */
function sharesOf(state: Json | undefined): Shares | null {
  if (state === undefined) return null;
  if (state['on'] !== true) return whole(state['offVariation']);
  if (listOf(state['rules']).length > 0) return null;
  const fallthrough = objectOf(state['fallthrough']);
  const split = listOf(objectOf(fallthrough?.['rollout'])?.['variations']);
  if (split.length === 0) return whole(fallthrough?.['variation']);
  const shares = new Map<string, number>();
  for (const { variation, weight } of split) {
    if (!isIndex(variation) || typeof weight !== 'number' || !(weight >= 0)) return null;
    shares.set(String(variation), (shares.get(String(variation)) ?? 0) + weight);
  }
  const total = [...shares.values()].reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return null;
  return Object.fromEntries([...shares].map(([variation, weight]) => [variation, weight / total]));
}

function whole(variation: unknown): Shares | null {
  return isIndex(variation) ? { [String(variation)]: 1 } : null;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Names of the variations, or their values; none where two have the same. */
function namesOf(version: unknown): string[] {
  const names = listOf(objectOf(version)?.['variations']).map(({ name, value }) =>
    oneLine(name || String(value), MAX_TEXT),
  );
  return new Set(names).size === names.length ? names : [];
}

function authorOf(member: unknown): string {
  const { firstName, lastName, email } = objectOf(member) ?? {};
  return oneLine([firstName, lastName].filter(Boolean).join(' ') || email, MAX_TEXT);
}

/** A text fit for a line of a terminal. */
function oneLine(value: unknown, most: number): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf).filter((entry) => entry !== undefined) : [];
}

function unreadable(field: string, what: string): BackendError {
  return new BackendError(
    'bad-request',
    `${field} must be ${what}, as in an entry of LaunchDarkly's audit log.`,
  );
}
