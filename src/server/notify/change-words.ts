import type { ChangeDocument } from '../change-log.js';

/** Variants that a change tells shares of, the first ones where there are many. */
export function variantsOf({ shares, sharesBefore }: ChangeDocument): string[] {
  return [...new Set([...Object.keys(shares ?? {}), ...Object.keys(sharesBefore ?? {})])].slice(0, 20);
}

/** What happened, in one line. */
export function titleOf(change: ChangeDocument): string {
  const where = change.environment === null ? '' : ` in ${change.environment}`;
  if (change.kind === 'deployment') return `${change.service} ${change.version} deployed${where}`;
  return `Feature flag ${change.flag} changed${where}`;
}

/** What is known of it, a line each. */
export function detailsOf(change: ChangeDocument): string[] {
  const { shares, sharesBefore, version, description, author, kind, origin } = change;
  return [
    ...(shares === null ? [] : [sharesLine(sharesBefore, shares)]),
    ...(kind === 'flag' && version !== null ? [`version ${version}`] : []),
    ...(description === null ? [] : [description]),
    ...(author === null ? [] : [`by ${author}`]),
    `told by ${ORIGINS[origin]}`,
  ];
}

const ORIGINS: Readonly<Record<ChangeDocument['origin'], string>> = {
  api: 'the API',
  webhook: 'a webhook',
  telemetry: 'telemetry',
};

function sharesLine(before: ChangeDocument['shares'], after: NonNullable<ChangeDocument['shares']>): string {
  const list = (shares: NonNullable<ChangeDocument['shares']>): string =>
    Object.entries(shares)
      .map(([variant, share]) => `${variant} ${Number((100 * share).toFixed(2))} %`)
      .join(', ');
  return before === null ? list(after) : `${list(before)} -> ${list(after)}`;
}
