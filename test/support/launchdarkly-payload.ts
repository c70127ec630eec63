/** An entry of LaunchDarkly's audit log, in the form its documentation and its own sample payloads have. */
export function launchDarklyPayload(
  flag: string,
  told: Record<string, unknown> = {},
): Record<string, unknown> {
  const resource = `proj/default:env/production:flag/${flag}`;
  return {
    _links: { canonical: { href: `/api/v2/flags/default/${flag}`, type: 'application/json' } },
    _id: `57c0a8e2-${flag}`,
    _accountId: '569f514156e003339cfd3917',
    date: 1_799_999_000_123,
    accesses: [
      { action: 'updateOn', resource },
      { action: 'updateFallthrough', resource },
    ],
    kind: 'flag',
    name: 'New checkout',
    description: '* Turned the flag on\n* Changed the default rollout\n',
    shortDescription: '',
    comment: '',
    member: { _id: '548f', email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' },
    titleVerb: 'updated the flag',
    target: { name: 'New checkout', resources: [resource] },
    previousVersion: version({ on: false, version: 6 }),
    currentVersion: version({ on: true, version: 7, fallthrough: rollout(10_000, 90_000) }),
    ...told,
  };
}

/** A flag with two variations, its configuration in production as given. */
export function version(production: Record<string, unknown>): Record<string, unknown> {
  return {
    kind: 'boolean',
    _version: 3,
    variations: [
      { _id: 'a', value: true, name: 'treatment' },
      { _id: 'b', value: false, name: 'control' },
    ],
    environments: {
      production: {
        ...{ on: true, archived: false, targets: [], rules: [], prerequisites: [], offVariation: 1 },
        ...{ fallthrough: { variation: 0 } },
        ...production,
      },
    },
  };
}

/** A percentage rollout, in thousandths of a per cent. */
export function rollout(...weights: number[]): Record<string, unknown> {
  return { rollout: { variations: weights.map((weight, variation) => ({ variation, weight })) } };
}
