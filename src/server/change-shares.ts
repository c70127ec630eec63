import type { Change, Shares } from '../sources/change.js';

/**
 * The change with its shares by the names that the variants have in telemetry, where it tells them by index. Telemetry
 * that has nothing but indices is taken to mean these, even if variations are called by numbers.
 */
export function withNames(change: Change, variants: readonly string[]): Change {
  const { variations, shares, sharesBefore } = change;
  const areIndices = variants.every((name) => variations.some((_, index) => String(index) === name));
  if (areIndices || !variations.some((name) => variants.includes(name))) return change;
  const named = (of: Shares | null): Shares | null =>
    of &&
    Object.fromEntries(
      Object.entries(of).map(([index, share]) => [variations[Number(index)] ?? index, share]),
    );
  return { ...change, shares: named(shares), sharesBefore: named(sharesBefore) };
}

/** When a change last gave the treatments a share that they had not, in Unix seconds. */
export function changedStart(
  changes: readonly Change[],
  control: string,
  environment: string | undefined,
): number | undefined {
  let start: number | undefined;
  let before: number | undefined;
  for (const { time, shares, sharesBefore } of inEnvironment(changes, environment)) {
    const now = treatedShare(shares, control);
    if (now !== undefined && now > 0 && (treatedShare(sharesBefore, control) ?? before) === 0) start = time;
    before = now;
  }
  return start;
}

/** The shares in force at a moment; undefined: nobody told. */
export function sharesAt(
  changes: readonly Change[],
  time: number,
  environment: string | undefined,
): Shares | undefined {
  const last = inEnvironment(changes, environment).findLast((change) => change.time <= time);
  return last?.shares ?? undefined;
}

/**
 * Changes of the flag that surely are of the environment that is compared, oldest first: the one asked for, or the only
 * one that changes tell. Those of staging must not begin a comparison of production.
 */
export function inEnvironment(changes: readonly Change[], asked: string | undefined): Change[] {
  const ofFlag = changes.filter(({ kind }) => kind === 'flag').sort((a, b) => a.time - b.time);
  const told = new Set(ofFlag.map(({ environment }) => environment).filter((name) => name !== ''));
  if (asked === undefined) return told.size > 1 ? [] : ofFlag;
  return ofFlag.filter(({ environment }) => environment === '' || environment === asked);
}

/** Whether some variant has a share and was never seen while another was seen and has none: one variant, two names. */
export function areOtherNames(told: readonly string[], seen: readonly string[]): boolean {
  return told.some((name) => !seen.includes(name)) && seen.some((name) => !told.includes(name));
}

export const OTHER_NAMES =
  'the change tells shares of variants by other names than telemetry has; give --allocation.';

/** What all variants but the control have together; undefined: not told. */
function treatedShare(shares: Shares | null, control: string): number | undefined {
  if (shares === null) return undefined;
  return Object.entries(shares)
    .filter(([variant]) => variant !== control)
    .reduce((sum, [, share]) => sum + share, 0);
}
