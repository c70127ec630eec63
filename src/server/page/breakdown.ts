import { countReasons } from '../../sources/clickhouse-evaluations.js';
import { isCompared } from '../../sources/compared.js';
import { type GroupCount, type Groups, groupCounts } from '../../sources/groups.js';
import { BackendError } from '../../store/backend-error.js';
import { stratumName } from '../evidence.js';
import { type Frame, frameComparison } from '../frame.js';
import { readComparisonParameters } from '../parameters.js';
import { isoWindow } from '../release.js';
import type { DetailSources } from './detail-sources.js';
import type { BreakdownDocument, BreakdownVariant } from './documents.js';

const MOST_GROUPS = 50;

type Broken = Pick<BreakdownDocument, 'groups' | 'leftOut' | 'cannot'>;

const WAYS: Readonly<
  Record<BreakdownDocument['by'], (frame: Frame, parts: DetailSources) => Promise<Broken>>
> = { route: byRoute, version: byVersion, reason: byReason };

/**
 * What a comparison counts, in parts.
 *
 * @param now Unix seconds
 * @throws BackendError as a comparison does, and `bad-request` where `by` is none of these
 */
export async function breakdownDocument(
  parts: DetailSources,
  flag: string,
  asked: URLSearchParams,
  now: number,
): Promise<BreakdownDocument> {
  const by = takeBy(asked);
  const parameters = readComparisonParameters(asked, now);
  const frame = await frameComparison(parts.source, flag, parameters, now, parts.changes);
  return { window: isoWindow(frame.release.window), by, ...(await WAYS[by](frame, parts)) };
}

/** It is no parameter of the comparison. */
function takeBy(asked: URLSearchParams): BreakdownDocument['by'] {
  const given = asked.getAll('by');
  const [by = ''] = given;
  if (given.length !== 1 || !isWay(by)) {
    throw new BackendError(
      'bad-request',
      `by must be ${Object.keys(WAYS).join(', ')}, once; it is ${given.map((text) => JSON.stringify(text.slice(0, 60))).join(', ') || 'left out'}.`,
    );
  }
  asked.delete('by');
  return by;
}

function isWay(text: string): text is BreakdownDocument['by'] {
  return Object.hasOwn(WAYS, text);
}

async function byRoute(
  { selection, release, cut, threshold }: Frame,
  { source }: DetailSources,
): Promise<Broken> {
  if (source.routes === undefined) {
    return cannot(
      'This store is not asked for operations by route: see them there, or send the telemetry to telltale up.',
    );
  }
  const isFixed = threshold.origin !== 'not-yet';
  return shown(await source.routes(selection, release.window, cut, MOST_GROUPS), (count) =>
    countedVariant(count, isFixed),
  );
}

/** From what a comparison is made of, so that each of its services and versions is found again. */
async function byVersion(
  { selection, release, cut, threshold }: Frame,
  { source }: DetailSources,
): Promise<Broken> {
  const counts = (await source.counts(selection, release.window, cut)).filter(isCompared);
  const isFixed = threshold.origin !== 'not-yet';
  return shown(groupCounts(counts, stratumName, MOST_GROUPS), (count) => countedVariant(count, isFixed));
}

async function byReason({ selection, release }: Frame, { query }: DetailSources): Promise<Broken> {
  if (query === undefined) {
    return cannot(
      'Reasons of evaluations are not read from another store: send the telemetry to telltale up without --source.',
    );
  }
  return shown(
    await countReasons(query, selection, release.window, MOST_GROUPS),
    ({ variant, evaluations }) => ({
      variant,
      requests: evaluations,
      errors: null,
      slow: null,
    }),
  );
}

/** @param isFixed whether it is known what is slow */
function countedVariant(
  { variant, requests, errors, slow, unresolved }: GroupCount,
  isFixed: boolean,
): BreakdownVariant {
  return { variant, requests, errors, slow: isFixed && unresolved === 0 ? slow : null };
}

function shown<Counted>(
  { groups, leftOut }: Groups<Counted>,
  show: (counted: Counted) => BreakdownVariant,
): Broken {
  return {
    groups: groups.map(({ name, variants }) => ({ name, variants: variants.map(show) })),
    leftOut,
    cannot: null,
  };
}

function cannot(why: string): Broken {
  return { groups: [], leftOut: 0, cannot: why };
}
