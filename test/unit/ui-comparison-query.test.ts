import { expect, test } from 'vitest';
import { COMPARISON_PARAMETERS } from '../../src/server/parameters.js';
import { comparisonQuery } from '../../src/ui/state/comparison-query.js';

test('every parameter of a comparison is asked for, and nothing that the page keeps for itself', () => {
  const parameters = Object.fromEntries(Object.keys(COMPARISON_PARAMETERS).map((name) => [name, 'x']));
  expect(comparisonQuery({ ...parameters, q: 'a', by: 'route', trace: 'b', verdict: 'hold' })).toEqual(
    parameters,
  );
});

test('what nobody knows is left to the API to refuse', () => {
  expect(comparisonQuery({ alhpa: '0.01' })).toEqual({ alhpa: '0.01' });
});
