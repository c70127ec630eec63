import { createHmac } from 'node:crypto';
import type { Verdict } from '../../stats/index.js';
import { cut, type VerdictTurn } from './notice.js';

/** Slack takes 150 characters of a header, and 3,000 of any other text, which escaping makes longer. */
const MAX_FLAG = 100;
const MAX_TEXT = 2500;
const MAX_MARKUP = 3000;

const WORDS: Readonly<Record<Verdict, string>> = {
  'roll-forward': 'ROLL FORWARD',
  'roll-back': 'ROLL BACK',
  hold: 'HOLD',
};

/** A turn as Slack's incoming webhooks take it, with what programs read under `telltale`. */
export function webhookMessage(turn: VerdictTurn): unknown {
  const { flag, treatment, control, environment, from, to } = turn;
  const where = environment === null ? '' : ` in ${environment}`;
  const title = `${cut(flag, MAX_FLAG)}: ${WORDS[to]} (was ${WORDS[from]})`;
  const what = `${treatment} against ${control}${where}. ${turn.evidence}`;
  // Plain text where it can be: a flag's name is no markup, and mentions nobody.
  const plain = (text: string) => ({ type: 'plain_text', text: cut(text, MAX_TEXT), emoji: false });
  const link = `<${escapeSlack(turn.link)}|Comparison>`;
  return {
    text: escapeSlack(cut(`${title}. ${what}`, MAX_TEXT)),
    blocks: [
      { type: 'header', text: plain(title) },
      { type: 'section', text: plain(what) },
      { type: 'context', elements: [plain(turn.explanation.join('\n'))] },
      // Cut, it would lead nowhere.
      ...(link.length <= MAX_MARKUP ? [{ type: 'section', text: { type: 'mrkdwn', text: link } }] : []),
    ],
    telltale: turn,
  };
}

/** What Slack reads as markup and mentions. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * The headers of Standard Webhooks: id, moment and HMAC-SHA256 of both with the body.
 *
 * @param key absent: not signed
 * @param now Unix seconds
 */
export function webhookHeaders(
  id: string,
  body: string,
  key: Buffer | undefined,
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now));
  if (key === undefined) return { 'webhook-id': id, 'webhook-timestamp': timestamp };
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
