import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/server/comparison.js';
import { type KnownVerdict, keyOf } from '../../src/server/notify/notice-store.js';
import { verdictTurns } from '../../src/server/notify/verdict-turns.js';
import { webhookMessage } from '../../src/server/notify/webhook-message.js';
import type { Verdict } from '../../src/stats/index.js';

const KEY = { flag: 'f', treatment: 'on', environment: '' };

function look(verdict: Verdict, before?: KnownVerdict, isBaseline = false, harm = { errors: 5, slow: 1 }) {
  const treatment = {
    ...{ treatment: 'on', verdict, errors: { logEHarm: harm.errors }, slow: { logEHarm: harm.slow } },
    explanation: ['control failed 1 of 2, treatment 2 of 2.', 'x', 'control was slower than 1 s in 1 of 2.'],
  };
  const comparison = { flag: 'f', control: 'off', comparisons: [treatment] } as unknown as Comparison;
  let withheld = 0;
  const noted = verdictTurns(
    { comparison, environment: '', services: [] },
    {
      known: new Map(before === undefined ? [] : [[keyOf(KEY), before]]),
      isBaseline,
      linkTo: () => 'https://t.example/',
      onWithheld: () => {
        withheld += 1;
      },
    },
    1_800_000_000,
  );
  return { noted, withheld };
}

const known = (verdict: Verdict, told = 0): KnownVerdict => ({ verdict, id: 'before', told });

describe('verdictTurns', () => {
  test('remembers without a word what the first look finds, and a hold', () => {
    expect(look('roll-back', undefined, true).noted).toMatchObject([
      { verdict: 'roll-back', turn: undefined },
    ]);
    expect(look('hold').noted).toMatchObject([{ verdict: 'hold', turn: undefined }]);
  });

  test('takes a flag that is new to come from hold', () => {
    expect(look('roll-back').noted[0]?.turn).toMatchObject({ from: 'hold', to: 'roll-back' });
    expect(look('roll-forward').noted[0]?.turn).toMatchObject({ from: 'hold', to: 'roll-forward' });
  });

  test('says nothing of a verdict that stands, and each turn with an id of its own', () => {
    expect(look('roll-back', known('roll-back')).noted).toEqual([]);
    const id = look('roll-back', known('hold')).noted[0]?.id;
    expect(look('roll-back', known('hold')).noted[0]?.id).toBe(id);
    expect(look('roll-back', { ...known('hold'), id: 'another' }).noted[0]?.id).not.toBe(id);
  });

  test('withholds a fifth turn within the hour, and does not remember it', () => {
    expect(look('roll-back', known('hold', 3))).toMatchObject({ noted: [{}], withheld: 0 });
    expect(look('roll-back', known('hold', 4))).toEqual({ noted: [], withheld: 1 });
  });

  test('gives the sentence of the guardrail that decided', () => {
    const sentence = (slow: number) =>
      look('roll-back', known('hold'), false, { errors: 5, slow }).noted[0]?.turn?.evidence;
    expect(sentence(4)).toBe('control failed 1 of 2, treatment 2 of 2.');
    expect(sentence(6)).toBe('control was slower than 1 s in 1 of 2.');
  });
});

test('what comes from telemetry is no markup of Slack, and is cut to what it takes', () => {
  const turn = look('roll-back', known('hold')).noted[0]?.turn;
  if (turn === undefined) throw new Error('it turned');
  // biome-ignore lint/suspicious/noExplicitAny: the message is Slack's
  const message = webhookMessage({ ...turn, flag: `<!channel>&${'x'.repeat(200)}` }) as any;
  expect(message.text).toMatch(/^&lt;!channel&gt;&amp;x+…: ROLL BACK/);
  expect(message.blocks[0].text.text).toMatch(/^<!channel>&x{88}…: ROLL BACK \(was HOLD\)$/);
  expect(message.blocks[0].text.type).toBe('plain_text');
});

test('a link is whole or, where Slack does not take it, left out; no character is cut in half', () => {
  const turn = look('roll-back', known('hold')).noted[0]?.turn;
  if (turn === undefined) throw new Error('it turned');
  const textsOf = (flag: string): string[] => {
    const link = `https://t.example/flags/${encodeURIComponent(flag)}`;
    // biome-ignore lint/suspicious/noExplicitAny: the message is Slack's
    const { blocks } = webhookMessage({ ...turn, flag, link }) as any;
    // biome-ignore lint/suspicious/noExplicitAny: the message is Slack's
    return blocks.map(({ text, elements }: any) => (text ?? elements[0]).text);
  };
  expect(textsOf('ü'.repeat(256))[3]).toMatch(/^<https:.*(%C3%BC){256}\|Comparison>$/);
  const long = textsOf('語'.repeat(400));
  expect(long).toHaveLength(3);
  expect(Math.max(...long.map(({ length }) => length))).toBeLessThanOrEqual(3000);
  const [title] = textsOf(`x${'😀'.repeat(100)}`);
  expect(title).toMatch(/^x(😀)+…: ROLL BACK/u);
  expect(textsOf('😀'.repeat(100))[0]?.isWellFormed()).toBe(true);
});
