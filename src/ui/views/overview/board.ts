import type { OverviewDocument, OverviewFlag } from '../../../server/page/documents.js';
import type { Verdict } from '../../../stats/index.js';

/** A partial answer laid over what was known; flags that have not altered stay the same objects. */
export function mergeBoard(before: OverviewDocument, answer: OverviewDocument): OverviewDocument {
  if (!answer.partial) return answer;
  const known = new Map([...before.flags, ...answer.flags].map((flag) => [flag.flag, flag]));
  const flags = answer.order.flatMap((flag) => known.get(flag) ?? []);
  return { ...answer, partial: false, flags };
}

/** What a list of flags can be narrowed to by their comparisons, with its words. */
export const VERDICT_FILTERS = [
  ['alert', 'Alerts'],
  ['roll-back', 'Roll back'],
  ['hold', 'Hold'],
  ['roll-forward', 'Roll forward'],
  ['none', 'Not compared'],
] as const satisfies readonly (readonly [Verdict | 'alert' | 'none', string])[];

/** What is looked for; empty and what nobody knows narrow nothing. */
export interface Narrowing {
  readonly q: string | undefined;
  readonly verdict: string | undefined;
}

export function narrow(flags: readonly OverviewFlag[], { q = '', verdict }: Narrowing): OverviewFlag[] {
  const text = q.trim().toLowerCase();
  const isKnown = VERDICT_FILTERS.some(([value]) => value === verdict);
  return flags.filter(
    (flag) =>
      (text === '' || flag.flag.toLowerCase().includes(text)) &&
      (verdict === undefined || !isKnown || hasVerdict(flag, verdict)),
  );
}

function hasVerdict({ alert, comparisons }: OverviewFlag, asked: string): boolean {
  if (asked === 'alert') return alert;
  if (asked === 'none') return (comparisons ?? []).length === 0;
  return comparisons?.some(({ verdict }) => verdict === asked) ?? false;
}

/** A line of the list: a section's heading, or a flag with its place in the section. */
export type ListItem =
  | { readonly key: string; readonly heading: string; readonly section: number }
  | {
      readonly key: string;
      readonly flag: OverviewFlag;
      readonly section: number;
      readonly position: number;
      readonly size: number;
    };

/** The key of a flag's row in the list. */
export function keyOfFlag(flag: string): string {
  return `flag ${flag}`;
}

/** Flags as they are listed: those with an alert in a section of their own, before the rest. */
export function listItems(flags: readonly OverviewFlag[]): ListItem[] {
  const alerts = flags.filter(({ alert }) => alert);
  const others = flags.filter(({ alert }) => !alert);
  const sections: readonly (readonly [string, readonly OverviewFlag[]])[] = [
    [alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`, alerts],
    [alerts.length === 0 ? 'All flags' : 'No alert', others],
  ];
  return sections.flatMap(([heading, of], section): ListItem[] =>
    of.length === 0
      ? []
      : [
          { key: `section ${section}`, heading, section },
          ...of.map((flag, i) => ({
            ...{ key: keyOfFlag(flag.flag), flag, section, position: i + 1, size: of.length },
          })),
        ],
  );
}
