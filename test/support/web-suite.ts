import { trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isImpossible, type SdkCase, type SdkSubject } from '../sdks/subject.js';
import { breakContext, installSdk, type Sdk } from './app-sdk.js';
import { expectFields, flagsOf, gotten, outcomeOf, recordOf, recordsOf } from './sdk-suite.js';
import { newPage } from './web-page.js';

/** Personal, so that it may appear in no signal. */
const UNIT = 'ada@example.org';

/** What every entry point for browsers exports. */
interface WebEntry {
  readonly FeatureFlagSpanProcessor: new () => SpanProcessor;
}

/**
 * Declares the table of behaviours that every flag SDK of browsers has to show, on the real one: what `describeSdk`
 * declares, as far as a page has it.
 *
 * @param entry The module of the subject's entry point.
 */
export function describeWebSdk<Client extends object, Entry extends WebEntry>(
  subject: SdkSubject<Client, Entry>,
  entry: Entry,
): void {
  const cases = Object.entries({ ...subject.cases, ...subject.more }).flatMap(([name, given]) =>
    isImpossible(given) ? [] : [{ name, given }],
  );
  const { boolean } = subject.cases;
  const clients: Client[] = [];
  let sdk: Sdk;

  async function start(given: SdkCase<Client> = boolean): Promise<Client> {
    const client = await (given.start ?? subject.start)();
    clients.push(client);
    return client;
  }

  /** Attaches, and gives what detaches. */
  function attach(client: Client): () => void {
    const detach = subject.attach(client, entry);
    return typeof detach === 'function' ? detach : () => {};
  }

  async function observedClient(given?: SdkCase<Client>): Promise<Client> {
    const client = await start(given);
    attach(client);
    return client;
  }

  beforeEach(() => {
    newPage();
    sdk = installSdk({ spanProcessors: [new entry.FeatureFlagSpanProcessor()] });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await subject.stop(client);
  });

  /** The flags on a span that is started now. */
  function flagsOnSpan(): Record<string, unknown> {
    trace.getTracer('test').startSpan('later').end();
    return flagsOf(sdk.spans.getFinishedSpans().at(-1)?.attributes ?? {});
  }

  describe.each(cases)('$name', ({ given }) => {
    const { key, variant } = given.expected;

    it('writes what the SDK tells, on the record and on spans started later', async () => {
      const client = await observedClient(given);
      expect(flagsOnSpan()).toEqual({});
      await outcomeOf(() => given.evaluate(client, UNIT));
      expect(recordsOf(sdk)).toEqual([recordOf(given.expected, subject.provider)]);
      expect(flagsOnSpan()).toEqual(variant === undefined ? {} : { [`feature_flags.${key}`]: variant });
    });

    it('writes no second record of the same result', async () => {
      const client = await observedClient(given);
      await outcomeOf(() => given.evaluate(client, UNIT));
      await outcomeOf(() => given.evaluate(client, UNIT));
      expect(recordsOf(sdk)).toHaveLength(1);
    });

    it('gives the application what the SDK alone gives', async () => {
      const client = await start(given);
      const bare = await outcomeOf(() => given.evaluate(client, UNIT));
      const again = await outcomeOf(() => given.evaluate(client, UNIT));
      attach(client);
      const observed = await outcomeOf(() => given.evaluate(client, UNIT));
      expect(observed).toStrictEqual(bare);
      if (gotten(again) === gotten(bare)) expect(gotten(observed)).toBe(gotten(bare));
    });
  });

  const { split } = subject;
  if (!isImpossible(split)) {
    it('has the variant of who is logged in on spans started from then on', async () => {
      const client = await observedClient();
      const units = Object.entries(split.expected);
      expect(new Set(units.map(([, { variant }]) => variant)).size).toBeGreaterThan(1);
      const open = trace.getTracer('test').startSpan('open');
      // There and back again: not mixed for ever, and each variant has one record.
      for (const [unit, { key, variant }] of [...units, ...units]) {
        await split.evaluate(client, unit);
        expect(flagsOnSpan()).toEqual({ [`feature_flags.${key}`]: variant });
      }
      expect(recordsOf(sdk)).toEqual(units.map(([, one]) => recordOf(one, subject.provider)));
      open.end();
      expect(flagsOf(sdk.spans.getFinishedSpans().at(-1)?.attributes ?? {})).toEqual({});
    });
  }

  it('writes in the active context, and keeps it', async () => {
    const client = await observedClient();
    await trace.getTracer('test').startActiveSpan('work', async (span) => {
      await boolean.evaluate(client, UNIT);
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
    });
    const [record] = sdk.logs.getFinishedLogRecords();
    expect(record?.spanContext?.traceId).toBe(sdk.spans.getFinishedSpans()[0]?.spanContext().traceId);
  });

  it('writes the targeting key in no signal', async () => {
    const client = await observedClient();
    for (const { given } of cases) {
      if (given.start === undefined) await outcomeOf(() => given.evaluate(client, UNIT));
    }
    flagsOnSpan();
    expect(sdk.logs.getFinishedLogRecords().length).toBeGreaterThan(0);
    const spans = sdk.spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes]);
    const logs = sdk.logs.getFinishedLogRecords().map(({ body, attributes }) => [body, attributes]);
    expect(JSON.stringify([spans, logs])).not.toContain('ada');
    expect(subject.without.targetingKey).not.toBe(undefined);
  });

  it('writes no metric', async () => {
    const client = await observedClient();
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(await sdk.points('feature_flag.evaluations')).toEqual([]);
  });

  it('writes once where it is attached twice', async () => {
    const client = await observedClient();
    attach(client);
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(recordsOf(sdk)).toHaveLength(1);
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
    expect(flagsOnSpan()).toEqual({});
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

  // Last: internal faults of one page add up.
  it('gives the application what the SDK alone gives where the bridge is broken', async () => {
    const client = await start();
    const bare = await outcomeOf(() => boolean.evaluate(client, UNIT));
    attach(client);
    breakContext();
    expect(await outcomeOf(() => boolean.evaluate(client, UNIT))).toStrictEqual(bare);
    expect(recordsOf(sdk)).toEqual([]);
  });
}
