import { describe, expect, test } from 'vitest';
import { readComparisonParameters } from '../../src/server/parameters.js';

const NOW = 1_800_000_000;
const read = (texts: Record<string, string>) => readComparisonParameters(Object.entries(texts), NOW);

describe('comparison parameters', () => {
  test('every one is read', () => {
    const parameters = read({
      control: 'off',
      treatment: 'on',
      since: '1h',
      until: '10m',
      route: '/checkout',
      service: 'shop',
      env: 'production',
      slow: '300ms',
      alpha: '0.01',
      'margin-errors': '2',
      'margin-slow': '1.3',
      'extra-errors': '0.001',
      'extra-slow': '1e-2',
      'min-requests': '1000',
      'min-time': '10m',
      allocation: 'on=10,off=90',
    });
    expect(parameters).toEqual({
      control: 'off',
      treatment: 'on',
      since: { at: NOW - 3600, slides: true },
      until: NOW - 600,
      route: '/checkout',
      service: 'shop',
      env: 'production',
      slow: { asked: 0.3, edge: { index: -7, edge: 2 ** (-7 / 4) } },
      allocation: new Map([
        ['on', 0.1],
        ['off', 0.9],
      ]),
      verdict: {
        alphaHarm: 0.01,
        alphaSafe: 0.01,
        marginErrors: 2,
        marginSlow: 1.3,
        extraErrors: 0.001,
        extraSlow: 0.01,
        minRequests: 1000,
        minSeconds: 600,
      },
    });
  });

  test('a time with its offset is a beginning too', () => {
    expect(read({ since: '2027-01-15T08:00:00+01:00' }).since).toEqual({
      at: Date.UTC(2027, 0, 15, 7) / 1000,
      slides: false,
    });
  });

  test('until is a time that has passed, and after since, whatever comes first', () => {
    expect(read({ since: '2h', until: '2027-01-15T07:00:00Z' }).until).toBe(Date.UTC(2027, 0, 15, 7) / 1000);
    for (const texts of [
      { since: '1h', until: '1h' },
      { until: '2h', since: '1h' },
    ]) {
      expect(() => read(texts)).toThrow(
        expect.objectContaining({
          code: 'bad-request',
          message: expect.stringMatching(
            /^since must be before until; they are 2027-01-15T\S+ and 2027-01-15T/,
          ),
        }),
      );
    }
  });

  test.each([
    ['until', '2127-01-15T08:00:00Z', 'a time that has passed'],
    ['until', 'now', 'a duration such as 1h'],
    ['since', '2027-01-15T08:00:00', 'offset'],
    ['since', '2127-01-15T08:00:00Z', 'a time that has passed'],
    ['since', 'yesterday', 'a duration such as 1h'],
    ['since', '99999999d', 'up to 3650d'],
    ['slow', '300', 'a duration above 0'],
    ['slow', '0ms', 'a duration above 0'],
    ['alpha', '5', 'above 0 and below 1'],
    ['alpha', 'NaN', 'above 0 and below 1'],
    ['alpha', '0x1', 'above 0 and below 1'],
    ['margin-errors', '1', 'above 1'],
    ['extra-slow', '2', 'above 0 and up to 1'],
    ['min-requests', '1.5', 'a whole number'],
    ['min-time', '-1s', 'a duration above 0'],
    ['allocation', 'on', 'each variant once'],
    ['allocation', 'on=1,on=2', 'each variant once'],
    ['allocation', 'on=,off=1', 'each variant once'],
    ['allocation', 'on=0,off=0', 'above 0'],
  ])('%s=%s is refused, saying what was expected and what came', (name, text, expected) => {
    expect(() => read({ [name]: text })).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(expected) }),
    );
    expect(() => read({ [name]: text })).toThrow(name);
    expect(() => read({ [name]: text })).toThrow(text);
  });

  test('an unknown name is refused with the names there are', () => {
    expect(() => read({ threshold: '1' })).toThrow(/no parameter "threshold".*control, treatment, since/);
    expect(() => read({ toString: '1' })).toThrow(/no parameter "toString"/);
  });

  test('a name given twice or empty is refused', () => {
    expect(() =>
      readComparisonParameters(
        [
          ['slow', '1s'],
          ['slow', '2s'],
        ],
        NOW,
      ),
    ).toThrow('slow is given twice');
    expect(() => read({ route: '' })).toThrow('route is empty');
  });
});
