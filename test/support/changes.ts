import type { Change } from '../../src/sources/change.js';

/** A change of a flag of which nothing is told but what the test says. */
export function flagChange(told: Partial<Change>): Change {
  return {
    ...{
      id: 'c',
      kind: 'flag',
      origin: 'api',
      time: 0,
      flag: 'f',
      service: '',
      environment: '',
      version: '',
    },
    ...{ shares: null, sharesBefore: null, variations: [], description: '', author: '' },
    ...told,
  };
}
