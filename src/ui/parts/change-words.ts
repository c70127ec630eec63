import type { ChangeDocument } from '../../server/change-log.js';
import { percent } from './format.js';

/** Who told of a change, such as `by alice`. */
export function changeAuthor({ author, origin }: ChangeDocument): string {
  if (author !== null) return `by ${author}`;
  return { api: 'told to the API', webhook: 'told by a webhook', telemetry: 'seen in telemetry' }[origin];
}

/** What was changed, such as `on 1 % to 10 %, off 99 % to 90 %`; empty: not told. */
export function changeWords({ shares, sharesBefore, version, description }: ChangeDocument): string {
  const moved = Object.entries(shares ?? {}).map(([variant, share]) => {
    const before = sharesBefore?.[variant];
    return before === undefined || before === share
      ? `${variant} ${percent(share)}`
      : `${variant} ${percent(before)} to ${percent(share)}`;
  });
  const parts = [moved.join(', '), version === null ? '' : `version ${version}`, description ?? ''];
  return parts.filter((part) => part !== '').join('; ');
}
