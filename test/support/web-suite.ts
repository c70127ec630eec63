import { trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isImpossible, type SdkSubject } from '../sdks/subject.js';
import { breakContext, installSdk, type Sdk } from './app-sdk.js';
import { expectContextKept, expectUntouched, outcomeOf, sdkClients, UNIT } from './sdk-clients.js';
import { expectFields, flagsOf, recordOf, recordsOf } from './sdk-suite.js';
import { newPage } from './web-page.js';

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
  const clients = sdkClients(subject, entry);
  const { cases, start, attach } = clients;
  const { boolean } = subject.cases;
  let sdk: Sdk;

  beforeEach(() => {
    newPage();
    sdk = installSdk({ spanProcessors: [new entry.FeatureFlagSpanProcessor()] });
  });
  afterEach(async () => {
    await clients.stop();
  });

  /** The flags on a span that is started now. */
  function flagsOnSpan(): Record<string, unknown> {
    trace.getTracer('test').startSpan('later').end();
    return flagsOf(sdk.spans.getFinishedSpans().at(-1)?.attributes ?? {});
  }

  describe.each(cases)('$name', ({ given }) => {
    const { key, variant } = given.expected;

    it('writes what the SDK tells, on the record and on spans started later', async () => {
      const client = await clients.observed(given);
      expect(flagsOnSpan()).toEqual({});
      await outcomeOf(() => given.evaluate(client, UNIT));
      expect(recordsOf(sdk)).toEqual([recordOf(given.expected, subject.provider)]);
      expect(flagsOnSpan()).toEqual(variant === undefined ? {} : { [`feature_flags.${key}`]: variant });
    });

    it('writes no second record of the same result', async () => {
      const client = await clients.observed(given);
      await outcomeOf(() => given.evaluate(client, UNIT));
      await outcomeOf(() => given.evaluate(client, UNIT));
      expect(recordsOf(sdk)).toHaveLength(1);
    });

    it('gives the application what the SDK alone gives', () => expectUntouched(clients, given));
  });

  const { split } = subject;
  if (!isImpossible(split)) {
    it('has the variant of who is logged in on spans started from then on', async () => {
      const client = await clients.observed();
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

  it('writes in the active context, and keeps it', () => expectContextKept(clients, boolean, sdk));

  it('writes the targeting key in no signal', async () => {
    const client = await clients.observed();
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
    const client = await clients.observed();
    await outcomeOf(() => boolean.evaluate(client, UNIT));
    expect(await sdk.points('feature_flag.evaluations')).toEqual([]);
  });

  it('writes once where it is attached twice', async () => {
    const client = await clients.observed();
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
