import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { instant } from '../../src/server/parameters.js';
import { fromInputs, SPANS, spanWords, toInput } from '../../src/ui/state/time-span.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');

test('every span that is offered is one that the API takes', () => {
  for (const [value] of SPANS) expect(instant(value, 'since', NOW / 1000).slides).toBe(true);
});

describe('a span in words', () => {
  test.each([
    [{}, 'in the last 7 days'],
    [{ since: '15m' }, 'in the last 15 min'],
    [{ since: '90m' }, 'in the last 90m'],
  ])('%j is %s', (span, words) => {
    expect(spanWords(span)).toBe(words);
  });

  test('moments are named in order', () => {
    const words = spanWords({ since: '2026-11-25T12:00:00Z', until: '2026-11-26T12:00:00Z' });
    expect(words).toMatch(/^from 25 Nov 2026.* to 26 Nov 2026/);
    expect(spanWords({ since: '1h', until: '2026-11-26T12:00:00Z' })).toMatch(/^from 1 h ago to 26 Nov 2026/);
    expect(spanWords({ until: '30m' })).toBe('until 30m ago');
  });
});

describe('two moments as they are typed', () => {
  test('what an input shows is the time it was given, in the reader’s zone', () => {
    vi.stubEnv('TZ', 'Asia/Kolkata');
    onTestFinished(() => void vi.unstubAllEnvs());
    const since = '2026-11-26T03:04:05.000Z';
    expect(toInput(since)).toBe('2026-11-26T08:34:05');
    expect(fromInputs(toInput(since), '', NOW)).toEqual({ since, until: undefined });
    expect(toInput('1h')).toBe('');
  });

  test('an end in the future is no end', () => {
    const to = toInput('2026-11-27T00:00:00Z');
    expect(fromInputs(toInput('2026-11-26T00:00:00Z'), to, NOW)).toMatchObject({ until: undefined });
  });

  test.each([
    ['', '', /^From: a date/],
    [toInput('2026-11-26T13:00:00Z'), '', /future/],
    [toInput('2026-11-26T10:00:00Z'), 'x', /^To: a date/],
    [toInput('2026-11-26T10:00:00Z'), toInput('2026-11-26T10:00:00Z'), /later/],
  ])('from %j to %j is refused', (from, to, message) => {
    expect(fromInputs(from, to, NOW)).toMatch(message);
  });
});
