import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SplitFactory } from '@splitsoftware/splitio';
import type { ISDK } from '@splitsoftware/splitio/types/splitio.js';
import type { Expected, SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/split.js');

const VERSION = 1_700_000_000_000;

/** Conditions as Split's servers write them. */
const keys = (treatment: string, ...whitelist: string[]): object => ({
  conditionType: 'WHITELIST',
  matcherGroup: {
    combiner: 'AND',
    matchers: [{ matcherType: 'WHITELIST', negate: false, whitelistMatcherData: { whitelist } }],
  },
  partitions: [{ treatment, size: 100 }],
  label: `whitelisted ${treatment}`,
});
const everyone = (...partitions: [treatment: string, size: number][]): object => ({
  conditionType: 'ROLLOUT',
  matcherGroup: { combiner: 'AND', matchers: [{ matcherType: 'ALL_KEYS', negate: false }] },
  partitions: partitions.map(([treatment, size]) => ({ treatment, size })),
  label: 'default rule',
});
const plan = (treatment: string, ...whitelist: string[]): object => ({
  conditionType: 'ROLLOUT',
  matcherGroup: {
    combiner: 'AND',
    matchers: [
      {
        keySelector: { trafficType: 'user', attribute: 'plan' },
        matcherType: 'WHITELIST',
        negate: false,
        whitelistMatcherData: { whitelist },
      },
    ],
  },
  partitions: [{ treatment, size: 100 }],
  label: 'plan in list',
});
const flag = (name: string, conditions: object[], more: object = {}): object => ({
  name,
  trafficTypeName: 'user',
  status: 'ACTIVE',
  killed: false,
  seed: 1,
  trafficAllocation: 100,
  trafficAllocationSeed: 1,
  algo: 2,
  changeNumber: VERSION,
  defaultTreatment: 'off',
  conditions,
  configurations: {},
  sets: ['shop'],
  ...more,
});

const FLAGS = [
  flag('boolean', [everyone(['on', 100])]),
  flag('string', [everyone(['blue', 100], ['green', 0])]),
  flag('object', [everyone(['compact', 100])], { configurations: { compact: '{"columns":2}' } }),
  flag('killed', [everyone(['on', 100])], { killed: true }),
  flag('named', [keys('on', 'ada@example.org'), everyone(['off', 100])]),
  flag('favoured', [keys('on', 'ada@example.org'), everyone(['on', 100])]),
  flag('ruled', [plan('on', 'pro'), everyone(['off', 100])]),
  flag('doubtful', [plan('off', 'pro'), everyone(['off', 100])]),
  flag('partial', [everyone(['on', 100])], { trafficAllocation: 1, trafficAllocationSeed: 2 }),
  flag('dependent', [everyone(['on', 100])], { prerequisites: [{ n: 'killed', ts: ['on'] }] }),
  flag('split', [everyone(['blue', 50], ['green', 50])]),
];

/** What ends with a factory. */
const endings = new WeakMap<ISDK, () => void>();

function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'split-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The SDK as in production, but what it asks is answered over a socket in a file: no network, and no Split server. */
async function start(isAnswering = true): Promise<ISDK> {
  const folder = temporaryFolder();
  const socketPath = join(folder.path, 'socket');
  const server = createServer((request, response) => {
    const isFirst = request.url?.includes('since=-1') === true;
    const ff = { d: isFirst ? FLAGS : [], s: isFirst ? -1 : VERSION, t: VERSION };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ff, rbs: { d: [], s: -1, t: -1 } }));
  });
  if (isAnswering) await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const url = 'http://split.invalid/api';
  const options: object = { socketPath };
  const factory: ISDK = SplitFactory({
    core: { authorizationKey: 'offline' },
    urls: { sdk: url, events: url, auth: url, streaming: url, telemetry: url },
    streamingEnabled: false,
    sync: { requestOptions: { agent: new Agent(options) } },
  });
  endings.set(factory, () => {
    server.closeAllConnections();
    server.close();
    folder.remove();
  });
  if (isAnswering) await factory.client().whenReady();
  return factory;
}

async function startLocalhost(): Promise<ISDK> {
  const folder = temporaryFolder();
  const features = join(folder.path, 'features.yaml');
  writeFileSync(
    features,
    '- local:\n    keys: "ada@example.org"\n    treatment: "on"\n- local:\n    treatment: "off"\n',
  );
  const factory: ISDK = SplitFactory({
    core: { authorizationKey: 'localhost' },
    features,
    scheduler: { offlineRefreshRate: 0.1 },
  });
  endings.set(factory, folder.remove);
  await factory.client().whenReady();
  return factory;
}

function expected(
  key: string,
  variant: string,
  reason: string,
  assignment: Expected['assignment'],
): Expected {
  return { key, variant, reason, assignment, version: String(VERSION) };
}

const failed = (key: string, errorType: string): Expected => ({
  key,
  variant: 'control',
  reason: 'error',
  assignment: 'error',
  errorType,
});

export const subject: SdkSubject<ISDK, Entry> = {
  title: 'Split (Harness FME)',
  packages: ['@splitsoftware/splitio'],
  entry: 'telltale/split',
  line: 'observeSplit(factory)',
  provider: 'Split',
  offline: "flag definitions over a local socket in place of Split's servers, and the localhost mode",
  start,
  stop: async (factory) => {
    await factory.destroy();
    endings.get(factory)?.();
  },
  attach: (factory, { observeSplit }) => observeSplit(factory),
  cases: {
    boolean: {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'boolean'),
      expected: expected('boolean', 'on', 'static', 'default'),
    },
    string: {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'string'),
      expected: expected('string', 'blue', 'static', 'default'),
    },
    number: { impossible: 'A treatment of Split is a text.' },
    object: {
      evaluate: (factory, key) => factory.client().getTreatmentWithConfig(key, 'object'),
      expected: expected('object', 'compact', 'static', 'default'),
    },
    off: {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'killed'),
      expected: expected('killed', 'off', 'disabled', 'default'),
    },
    override: {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'named'),
      expected: expected('named', 'on', 'targeting_match', 'override'),
    },
    missing: {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'missing'),
      expected: failed('missing', 'flag_not_found'),
    },
    wrongType: { impossible: 'A flag of Split has no type: its treatments are texts.' },
    notReady: {
      start: () => start(false),
      evaluate: (factory, key) => factory.client().getTreatment(key, 'boolean'),
      expected: failed('boolean', 'provider_not_ready'),
    },
  },
  split: {
    evaluate: (factory, key) => factory.client().getTreatment(key, 'split'),
    expected: {
      'user-1': expected('split', 'blue', 'split', 'assigned'),
      'user-2': expected('split', 'green', 'split', 'assigned'),
    },
  },
  more: {
    'a rule that matches': {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'ruled', { plan: 'pro' }),
      expected: expected('ruled', 'on', 'targeting_match', 'assigned'),
    },
    'no rule that matches': {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'ruled'),
      expected: expected('ruled', 'off', 'default', 'default'),
    },
    'a rule and a default that give the same': {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'doubtful', { plan: 'pro' }),
      expected: expected('doubtful', 'off', 'unknown', 'assigned'),
    },
    'a unit that is not named': {
      evaluate: (factory) => factory.client().getTreatment('bob', 'named'),
      expected: expected('named', 'off', 'default', 'default'),
    },
    'a unit outside the traffic of the flag': {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'partial'),
      expected: expected('partial', 'off', 'split', 'assigned'),
    },
    'a prerequisite that is not met': {
      evaluate: (factory, key) => factory.client().getTreatment(key, 'dependent'),
      expected: expected('dependent', 'off', 'default', 'default'),
    },
    'no key': {
      evaluate: (factory) => factory.client().getTreatment('', 'boolean'),
      expected: { ...failed('boolean', 'targeting_key_missing'), version: String(VERSION) },
    },
    'the localhost mode': {
      start: startLocalhost,
      evaluate: (factory, key) => factory.client().getTreatment(key, 'local'),
      expected: { key: 'local', variant: 'on', reason: 'targeting_match', assignment: 'override' },
    },
  },
  without: { setId: "Split's flag data names neither its project nor its environment." },
  notes: [
    'The variant is the treatment.',
    "The reason is read from the flag's conditions, because Split tells it to impression listeners alone, and after the call; where several conditions can have given the treatment it is `unknown`.",
    "The flag's conditions and version (its change number) are read through `factory.getRolloutPlan()`; without it, that is in browsers, with Redis, and where a client is handed over in place of the factory, there is no version, and a treatment other than `control` has the reason `unknown`.",
    'The unit is the bucketing key, where the key has one.',
  ],
};
