import { createHash } from 'node:crypto';
import type { Verdict } from '../../stats/index.js';
import type { ChangeDocument } from '../change-log.js';

/** A verdict that turned. Times are ISO 8601. */
export interface VerdictTurn {
  readonly kind: 'verdict';
  /** The same turn has the same id, whoever sees it: receivers drop what they had. */
  readonly id: string;
  readonly time: string;
  readonly flag: string;
  readonly control: string;
  readonly treatment: string;
  /** null: all of them, as none is reported. */
  readonly environment: string | null;
  readonly from: Verdict;
  readonly to: Verdict;
  /** The sentence that decided. */
  readonly evidence: string;
  /** All of the verdict's sentences. */
  readonly explanation: readonly string[];
  /** The flag, on the page. */
  readonly link: string;
}

/** A change of a flag, or a deployment. */
export interface ChangeNotice {
  readonly kind: 'change';
  readonly id: string;
  readonly change: ChangeDocument;
  /** Services that it reaches, as far as they are known. */
  readonly services: readonly string[];
}

export type Notice = VerdictTurn | ChangeNotice;

/** Of what makes a notice that one. */
export function noticeId(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** At most so many characters, and no half of one. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
