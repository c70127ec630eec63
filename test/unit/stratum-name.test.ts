import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stratumName } from '../../src/server/evidence.js';

test('a stratum is called by its service, version and environment', () => {
  const named = (service: string, serviceVersion = '', environment = ''): string =>
    stratumName({ service, serviceVersion, environment });
  expect(named('shop')).toBe('shop');
  expect(named('shop', '1.4.2')).toBe('shop 1.4.2');
  expect(named('shop', '1.4.2', 'production')).toBe('shop 1.4.2 production');
  expect(named('shop', '', 'production')).toBe('shop "" production');
  expect(named('my shop', '1')).toBe('"my shop" 1');
  expect(named('')).toBe('');
});

test('and by no other one', () => {
  const part = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\n'), maxLength: 3 });
  const place = fc.record({ service: part, serviceVersion: part, environment: part });
  fc.assert(
    fc.property(place, place, (a, b) => {
      const areSame = Object.keys(a).every((key) => a[key as keyof typeof a] === b[key as keyof typeof b]);
      expect(stratumName(a) === stratumName(b)).toBe(areSame);
    }),
    { numRuns: 5000 },
  );
});
