import type { Change } from '../sources/change.js';
import { isVariant } from '../sources/compared.js';
import type { EvidenceUse, Selection, Source, TimelineEntry, Window } from '../sources/source.js';
import { BackendError } from '../store/backend-error.js';
import type { ChangeHistory } from './change-history.js';
import { withNames } from './change-shares.js';
import type { ComparisonParameters } from './parameters.js';
import { comparisonStart } from './release-start.js';

/** How far back a comparison without `since` looks for its beginning. */
export const LOOK_BACK_SECONDS: number = 7 * 86_400;

/** What a share is held against where it moves as soon as the comparison begins. */
const SHARES_BEFORE_SECONDS = 3600;

const CONTROL_NAMES = ['off', 'control', 'false', 'baseline'];

/** What is compared with what, since when, and what changed meanwhile. */
export interface Release {
  readonly control: string;
  readonly timeline: readonly TimelineEntry[];
  readonly window: Window;
  readonly changes: readonly Change[];
  /** What operations in the window are counted from. */
  readonly evidence: readonly EvidenceUse[];
}

/**
 * @param to Unix seconds: the end of the window
 * @throws BackendError `unknown-flag`, and `bad-request` where the control is not one of the flag's variants
 */
export async function findRelease(
  source: Source,
  asked: Selection,
  parameters: ComparisonParameters,
  to: number,
  history: ChangeHistory | undefined,
): Promise<Release> {
  const { flag } = asked;
  const services = { service: asked.service, environment: asked.environment };
  const lookBack = { from: parameters.since?.at ?? to - LOOK_BACK_SECONDS, to };
  const evidence = await source.evidence(asked, lookBack);
  // A source that counts whole blocks may find nothing to count in a short time, and the flag all the same.
  const found = evidence.length === 0 ? {} : { evidence };
  const [[seen], timeline] = await Promise.all([
    source.flags(lookBack, { ...services, flag, ...found }),
    source.timeline({ ...asked, ...found }, lookBack),
  ]);
  if (seen === undefined) {
    const others = await source.flags(lookBack, services);
    throw unknownFlag(
      flag,
      others.map((entry) => entry.flag),
      parameters,
    );
  }

  const known = seen.variants.map(({ variant }) => variant).filter(isVariant);
  const control = chooseControl(known, parameters.control);
  // What was in force when the window begins was told before it.
  const past = { from: Math.min(lookBack.from, to - LOOK_BACK_SECONDS), to };
  const told = (await history?.told(flag, past)) ?? [];
  const named = told.map((change) => withNames(change, known));
  const from =
    parameters.since?.at ?? comparisonStart(timeline, named, control, parameters.env) ?? lookBack.from;
  const window = { from, to };
  const changes = (await history?.withSeen(named, flag, past, from - SHARES_BEFORE_SECONDS)) ?? named;
  return {
    control,
    timeline,
    window,
    changes,
    // Of a part of the time another kind may be the first that a service has.
    evidence: from === lookBack.from ? evidence : await source.evidence(asked, window),
  };
}

function chooseControl(known: readonly string[], asked: string | undefined): string {
  if (asked !== undefined) {
    if (known.includes(asked)) return asked;
    throw new BackendError(
      'bad-request',
      `control must be a variant that was seen: ${known.join(', ') || 'none was'}; it is ${JSON.stringify(asked)}.`,
    );
  }
  const named = usualControl(known);
  if (named === undefined && known.length > 1) {
    // Guessed by traffic, the control would change sides when a ramp passes 50 %, and judge the old variant.
    throw new BackendError(
      'bad-request',
      `Which variant is the control? None of ${known.join(', ')} is called ${CONTROL_NAMES.join(', ')}: name it with control (--control VARIANT).`,
    );
  }
  return named ?? known[0] ?? '';
}

/** The variant that is the control where none is named. */
export function usualControl(known: readonly string[]): string | undefined {
  return CONTROL_NAMES.find((name) => known.includes(name));
}

function unknownFlag(flag: string, seen: readonly string[], parameters: ComparisonParameters): BackendError {
  const where = [
    parameters.service === undefined ? '' : ` in service ${parameters.service}`,
    parameters.env === undefined ? '' : ` in environment ${parameters.env}`,
    when(parameters),
  ].join('');
  const list =
    seen.length === 0 && (parameters.service ?? parameters.env) !== undefined
      ? 'No flag was seen there.'
      : seen.length === 0
        ? 'No flag was seen at all: does the application export its telemetry to this backend?'
        : `Seen were: ${seen.slice(0, 20).join(', ')}${seen.length > 20 ? ` and ${seen.length - 20} more` : ''}.`;
  return new BackendError(
    'unknown-flag',
    `No operation evaluated the flag ${JSON.stringify(flag)}${where}. ${list}`,
  );
}

function when({ since, until }: ComparisonParameters): string {
  if (until === undefined) return since === undefined ? ' in the last 7 days' : ` since ${iso(since.at)}`;
  return since === undefined
    ? ` in the 7 days before ${iso(until)}`
    : ` from ${iso(since.at)} to ${iso(until)}`;
}

export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A window as documents have it. */
export function isoWindow({ from, to }: Window): { readonly from: string; readonly to: string } {
  return { from: iso(from), to: iso(to) };
}
