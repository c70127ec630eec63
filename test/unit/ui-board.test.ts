import { describe, expect, test } from 'vitest';
import type { ChangeDocument } from '../../src/server/change-log.js';
import type { OverviewDocument, OverviewFlag } from '../../src/server/page/documents.js';
import type { Verdict } from '../../src/stats/index.js';
import { changeAuthor, changeWords } from '../../src/ui/parts/change-words.js';
import { listItems, mergeBoard, narrow } from '../../src/ui/views/overview/board.js';

function flagOf(flag: string, { alert = false, verdict }: { alert?: boolean; verdict?: Verdict } = {}) {
  const unknown = { ratio: null, low: null, high: null };
  const document: OverviewFlag = {
    ...{ flag, alert, lastSeen: '2026-11-26T00:00:00Z', services: [], variants: [], evidence: [] },
    ...{ why: null, comparedAt: null, logEAdjusted: null, lastChange: null, configured: {} },
    comparisons:
      verdict === undefined
        ? null
        : [
            {
              ...{ treatment: 'on', verdict, reasons: [], summary: '', requestsNeeded: null },
              ...{ errors: unknown, slow: { ...unknown, threshold: null } },
            },
          ],
  };
  return document;
}

function boardOf(flags: readonly OverviewFlag[], order = flags.map(({ flag }) => flag), partial = false) {
  const board: OverviewDocument = {
    ...{ window: { from: '', to: '' }, generation: order.join(), partial, order, flags },
    ...{ pending: 0, alpha: 0.05, services: [], environments: [], cannot: [] },
  };
  return board;
}

describe('an answer that tells only what has altered', () => {
  const [a, b, c] = [flagOf('a'), flagOf('b'), flagOf('c')];

  test('is laid over what was known, in its own order, without what is gone', () => {
    const altered = flagOf('c', { alert: true });
    const merged = mergeBoard(boardOf([a, b, c]), boardOf([altered], ['c', 'a'], true));
    expect(merged.flags).toEqual([altered, a]);
    expect(merged.flags[1]).toBe(a);
    expect(merged).toMatchObject({ generation: 'c,a', partial: false });
  });

  test('is all there is where it is whole', () => {
    expect(mergeBoard(boardOf([a, b]), boardOf([c])).flags).toEqual([c]);
  });
});

describe('a list that is narrowed', () => {
  const flags = [
    flagOf('New-Checkout', { alert: true, verdict: 'roll-back' }),
    flagOf('search', { verdict: 'hold' }),
    flagOf('checkout-copy'),
  ];
  const names = (narrowing: { q?: string; verdict?: string }) =>
    narrow(flags, { q: narrowing.q, verdict: narrowing.verdict }).map(({ flag }) => flag);

  test.each([
    [{ q: ' checkout ' }, ['New-Checkout', 'checkout-copy']],
    [{ verdict: 'alert' }, ['New-Checkout']],
    [{ verdict: 'hold' }, ['search']],
    [{ verdict: 'none' }, ['checkout-copy']],
    [{ q: 'checkout', verdict: 'roll-back' }, ['New-Checkout']],
    [{ q: '.*' }, []],
    [{ verdict: 'nobody knows this' }, ['New-Checkout', 'search', 'checkout-copy']],
  ])('to %j has %j', (narrowing, expected) => {
    expect(names(narrowing)).toEqual(expected);
  });
});

describe('the lines of the list', () => {
  test('flags with an alert stand in a section of their own, each with its place', () => {
    const items = listItems([flagOf('b'), flagOf('a', { alert: true }), flagOf('c')]);
    expect(items.map((item) => ('heading' in item ? item.heading : item.flag.flag))).toEqual([
      ...['1 alert', 'a', 'No alert', 'b', 'c'],
    ]);
    expect(items[4]).toMatchObject({ section: 1, position: 2, size: 2 });
  });

  test('without an alert there is one section, and no flag can have a heading’s key', () => {
    const items = listItems([flagOf('section 1')]);
    expect(items).toMatchObject([{ heading: 'All flags' }, { flag: { flag: 'section 1' } }]);
    expect(new Set(items.map(({ key }) => key)).size).toBe(2);
  });
});

describe('a change in words', () => {
  const change: ChangeDocument = {
    ...{ id: '1', kind: 'flag', origin: 'webhook', time: '', flag: 'a', service: null, environment: null },
    ...{ version: null, shares: null, sharesBefore: null, description: null, author: null },
  };

  test('says what moved, from what, and who did it', () => {
    const told = {
      ...change,
      shares: { on: 0.1, off: 0.9, new: 0 },
      sharesBefore: { on: 0.01, off: 0.9 },
      version: '7',
    };
    expect(changeWords({ ...told, description: 'Ramp' })).toBe(
      'on 1 % to 10 %, off 90 %, new 0 %; version 7; Ramp',
    );
    expect(changeAuthor({ ...told, author: 'alice' })).toBe('by alice');
  });

  test('says nothing where nothing was told', () => {
    expect(changeWords(change)).toBe('');
    expect(changeAuthor(change)).toBe('told by a webhook');
  });
});
