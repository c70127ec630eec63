import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { run } from '../../src/index.js';
import { type Expected, type Field, isImpossible, type SdkSubject } from '../sdks/subject.js';
import { breakContext, installSdk, type Sdk } from './app-sdk.js';
import { expectContextKept, expectUntouched, outcomeOf, sdkClients, UNIT } from './sdk-clients.js';

const OPERATION = 'conformance';

/**
 * Declares the table of behaviours that every flag SDK has to show, on the real one.
 *
 * @param entry The module of the subject's entry point.
 */
export function describeSdk<Client extends object, Entry>(
  subject: SdkSubject<Client, Entry>,
  entry: Entry,
): void {
  const clients = sdkClients(subject, entry);
  const { cases, start, attach } = clients;
  const { boolean } = subject.cases;
  let sdk: Sdk;

  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(async () => {
    await clients.stop();
    // What nobody collected would reach the next test's provider.
    await sdk.points('feature_flag.evaluations');
  });

  describe.each(cases)('$name', ({ given }) => {
    it('writes what the SDK tells, on the record, the counter, the entry span and the operation', async () => {
      const client = await clients.observed(given);
      await run(OPERATION, () => outcomeOf(() => given.evaluate(client, UNIT)));
      expect(recordsOf(sdk)).toEqual([recordOf(given.expected, subject.provider)]);
      await expectMetrics(sdk, given.expected, subject.provider);
      expectSpan(sdk, given.expected);
    });

    it('writes the record and the counter outside an operation', async () => {
      const client = await clients.observed(given);
      await outcomeOf(() => given.evaluate(client, UNIT));
      expect(recordsOf(sdk)).toEqual([recordOf(given.expected, subject.provider)]);
      await expectCounter(sdk, given.expected, subject.provider);
      expect(sdk.spans.getFinishedSpans()).toEqual([]);
    });

    it('gives the application what the SDK alone gives', () => expectUntouched(clients, given));
  });

  const { split } = subject;
  if (!isImpossible(split)) {
    it('tells the units of a split apart, also in operations at once', async () => {
      const client = await clients.observed();
      const units = Object.entries(split.expected);
      expect(new Set(units.map(([, { variant }]) => variant)).size).toBeGreaterThan(1);
      await Promise.all(
        units.map(([unit]) =>
          run(OPERATION, async () => {
            await Promise.resolve();
            await split.evaluate(client, unit);
            await new Promise(setImmediate);
            await split.evaluate(client, unit);
          }),
        ),
      );
      const expected = units.map(([, one]) => recordOf(one, subject.provider));
      expect(recordsOf(sdk)).toEqual(expect.arrayContaining(expected));
      expect(recordsOf(sdk)).toHaveLength(expected.length);
      const written = sdk.spans.getFinishedSpans().map(({ attributes }) => flagsOf(attributes));
      const wanted = units.map(([, { key, variant }]) => ({ [`feature_flags.${key}`]: variant }));
      expect(written).toHaveLength(wanted.length);
      expect(written).toEqual(expect.arrayContaining(wanted));
    });
  }

  it('keeps two operations at once apart', async () => {
    const client = await clients.observed();
    const other = cases.find(({ given }) => given.start === undefined && given !== boolean)?.given ?? boolean;
    await Promise.all(
      [boolean, other].map((given) =>
        run(OPERATION, async () => {
          await new Promise(setImmediate);
          await outcomeOf(() => given.evaluate(client, UNIT));
        }),
      ),
    );
    const keys = sdk.spans.getFinishedSpans().map(({ attributes }) => Object.keys(flagsOf(attributes)));
    const wanted = [boolean, other].map(({ expected }) =>
      expected.variant === undefined ? [] : [`feature_flags.${expected.key}`],
    );
    expect(keys).toHaveLength(2);
    expect(keys).toEqual(expect.arrayContaining(wanted));
  });

  it('keeps the active context, and writes in it', () => expectContextKept(clients, boolean, sdk));

  it('writes the targeting key in no signal', async () => {
    const client = await clients.observed();
    await run(OPERATION, async () => {
      for (const { given } of cases) {
        if (given.start === undefined) await outcomeOf(() => given.evaluate(client, UNIT));
      }
    });
    expect(sdk.logs.getFinishedLogRecords().length).toBeGreaterThan(0);
    const spans = sdk.spans
      .getFinishedSpans()
      .map(({ name, attributes, events }) => [name, attributes, events]);
    const logs = sdk.logs.getFinishedLogRecords().map(({ body, attributes }) => [body, attributes]);
    const points = await Promise.all(METRICS.map((name) => sdk.points(name)));
    expect(points[0]?.length).toBeGreaterThan(0);
    expect(JSON.stringify([spans, logs, points])).not.toContain('ada');
  });

  it('counts the unit where the SDK tells who it is', async () => {
    const client = await clients.observed();
    // Of its own: a unit counts three times an hour.
    await run(OPERATION, () => boolean.evaluate(client, 'someone-new'));
    const operations = await sdk.points('telltale.unit.operations');
    expect(operations).toHaveLength(subject.without.targetingKey === undefined ? 1 : 0);
  });

  it('writes once where it is attached twice', async () => {
    const client = await clients.observed();
    attach(client);
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(recordsOf(sdk)).toHaveLength(1);
    await expectCounter(sdk, boolean.expected, subject.provider);
  });

  it('writes no more once it is detached, and again where it is attached again', async () => {
    const client = await start();
    const detach = subject.attach(client, entry);
    if (typeof detach !== 'function') {
      expect(detach.impossible).not.toBe('');
      return;
    }
    detach();
    detach();
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(recordsOf(sdk)).toEqual([]);
    attach(client);
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(recordsOf(sdk)).toHaveLength(1);
  });

  it('tells every field, or says why the SDK does not', () => {
    expectFields(
      subject,
      cases.map(({ given }) => given.expected),
    );
  });

  // Last: internal faults of one process add up.
  it('gives the application what the SDK alone gives where the bridge is broken', async () => {
    const client = await start();
    const bare = await outcomeOf(() => boolean.evaluate(client, UNIT));
    attach(client);
    breakContext();
    const faults = dropCounts().get('fault') ?? 0;
    expect(await outcomeOf(() => boolean.evaluate(client, UNIT))).toStrictEqual(bare);
    expect(dropCounts().get('fault')).toBeGreaterThan(faults);
  });
}

const METRICS = [
  'feature_flag.evaluations',
  'telltale.operation.duration',
  'telltale.unit.operations',
  'telltale.unit.exposed',
  'telltale.dropped',
];

export function recordsOf(sdk: Sdk): Record<string, unknown>[] {
  return sdk.logs
    .getFinishedLogRecords()
    .filter(({ eventName }) => eventName === 'feature_flag.evaluation')
    .map(({ attributes }) => ({ ...attributes }));
}

/** Every field of the record is expected by some case, or the subject says why the SDK does not tell it. */
export function expectFields(
  { without }: Pick<SdkSubject<object, unknown>, 'without'>,
  expected: Expected[],
): void {
  const given: Record<Exclude<Field, 'targetingKey'>, boolean> = {
    variant: expected.some(({ variant }) => variant !== undefined && !/^(true|false)$/.test(variant)),
    reason: expected.some(({ reason }) => reason !== 'unknown'),
    setId: expected.some(({ setId }) => setId !== undefined),
    version: expected.some(({ version }) => version !== undefined),
    errorType: expected.some(({ errorType }) => errorType !== undefined),
  };
  for (const [field, isGiven] of Object.entries(given)) {
    expect(without[field as Field] === undefined, field).toBe(isGiven);
  }
}

function countedOf({ key, variant, reason, errorType }: Expected, provider: string): Record<string, string> {
  return {
    'feature_flag.key': key,
    ...(variant === undefined ? {} : { 'feature_flag.result.variant': variant }),
    'feature_flag.result.reason': reason,
    'feature_flag.provider.name': provider,
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  };
}

export function recordOf(expected: Expected, provider: string): Record<string, string> {
  const { setId, version } = expected;
  return {
    ...countedOf(expected, provider),
    ...(setId === undefined ? {} : { 'feature_flag.set.id': setId }),
    ...(version === undefined ? {} : { 'feature_flag.version': version }),
  };
}

async function expectCounter(sdk: Sdk, expected: Expected, provider: string): Promise<void> {
  const points = await sdk.points('feature_flag.evaluations');
  expect(points.map(({ attributes, value }) => ({ ...attributes, value }))).toEqual([
    { ...countedOf(expected, provider), value: 1 },
  ]);
}

async function expectMetrics(sdk: Sdk, expected: Expected, provider: string): Promise<void> {
  const { key, variant, assignment, version } = expected;
  await expectCounter(sdk, expected, provider);
  const durations = await sdk.points('telltale.operation.duration');
  expect(durations.map(({ attributes }) => attributes)).toEqual([
    {
      'feature_flag.key': key,
      ...(variant === undefined ? {} : { 'feature_flag.result.variant': variant }),
      ...(version === undefined ? {} : { 'feature_flag.version': version }),
      'telltale.assignment': assignment,
      'telltale.operation.name': OPERATION,
    },
  ]);
}

function expectSpan(sdk: Sdk, { key, variant }: Expected): void {
  const spans = sdk.spans.getFinishedSpans().filter(({ name }) => name === OPERATION);
  expect(spans.map(({ attributes }) => flagsOf(attributes))).toEqual([
    variant === undefined ? {} : { [`feature_flags.${key}`]: variant },
  ]);
}

export function flagsOf(attributes: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('feature_flags.')));
}
