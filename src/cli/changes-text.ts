import type { ChangeDocument } from '../server/change-log.js';
import { day, percent } from './text.js';

/** A line for each change, under the table of the variants; none where none is known. */
export function describeChanges(changes: readonly ChangeDocument[]): string[] {
  if (changes.length === 0) return [];
  return ['', '  last changes', ...changes.map((change) => `    ${day(change.time)}  ${describe(change)}`)];
}

function describe(change: ChangeDocument): string {
  const { kind, service, version, environment, author, description, origin } = change;
  return [
    kind === 'deployment' ? `${service} ${version}` : flagText(change),
    environment && `in ${environment}`,
    author && `by ${author}`,
    description,
    `told by ${TELLERS[origin]}`,
  ]
    .filter(Boolean)
    .join(', ');
}

const TELLERS = { api: 'the API', webhook: 'a webhook', telemetry: 'telemetry' } as const;

function flagText(change: ChangeDocument): string {
  const told = [sharesText(change), change.version && `version ${change.version}`].filter(Boolean);
  return told.length === 0 ? 'flag changed' : told.join(', ');
}

function sharesText({ shares, sharesBefore }: ChangeDocument): string {
  if (shares === null) return '';
  const list = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([variant, share]) => `${variant} ${percent(share)}`)
      .join(', ');
  return sharesBefore === null ? list(shares) : `${list(sharesBefore)} -> ${list(shares)}`;
}
