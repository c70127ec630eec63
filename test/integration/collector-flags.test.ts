import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/backend-process.js';
import { type CollectorProcess, runCollector } from '../support/collector.js';
import { startReceiver, type TestReceiver } from '../support/otlp-receiver.js';
import { needsTool } from '../support/tools.js';

type Values = Readonly<Record<string, string | number | boolean>>;
interface Event {
  readonly name?: string;
  readonly values: Values;
}

const NOW = `${Date.now()}000000`;

function attributes(values: Values) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'number'
          ? { intValue: value }
          : { boolValue: value },
  }));
}

/** An event as the conventions have it, of the flag `new.checkout` and the variant `on` unless it says otherwise. */
const evaluated = (values: Values = {}, name = 'feature_flag.evaluation'): Event => ({
  name,
  values: { 'feature_flag.key': 'new.checkout', 'feature_flag.result.variant': 'on', ...values },
});
/** As LaunchDarkly's TracingHook writes it. */
const launchDarkly = (values: Values): Event => ({
  name: 'feature_flag',
  values: { 'feature_flag.key': 'new.checkout', 'feature_flag.provider.name': 'LaunchDarkly', ...values },
});

describe("what collector-config.yaml makes of hooks' events", needsTool('collector'), () => {
  const folder = temporaryFolder();
  let receiver: TestReceiver;
  let collector: CollectorProcess;

  beforeAll(async () => {
    receiver = await startReceiver();
    collector = await runCollector({ state: folder, env: { TELLTALE_ENDPOINT: receiver.url } });
  }, 60_000);
  afterAll(async () => {
    await collector.stop();
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The flags on a span with these events, when it has come through. */
  async function lifted(events: readonly Event[], own: Values = {}): Promise<Record<string, unknown>> {
    const name = JSON.stringify([events, own]);
    const span = {
      traceId: '1'.repeat(32),
      spanId: '1'.repeat(16),
      name,
      kind: 2,
      startTimeUnixNano: NOW,
      endTimeUnixNano: NOW,
      attributes: attributes({ 'http.route': '/checkout', ...own }),
      events: events.map(({ name: event, values }) => ({
        timeUnixNano: NOW,
        name: event,
        attributes: attributes(values),
      })),
    };
    const answer = await fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    expect(answer.status).toBe(200);
    const found = await vi.waitFor(
      () => {
        const one = receiver.spans.find((received) => received.name === name);
        if (one === undefined) throw new Error('it has not come through');
        return one;
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(found.events).toHaveLength(events.length);
    const { 'http.route': route, ...flags } = found.attributes as Record<string, unknown>;
    expect(route).toBe('/checkout');
    return flags;
  }

  const index = 'feature_flag.result.variationIndex';
  const on = { 'feature_flags.new.checkout': 'on' };
  test.each<[string, readonly Event[], Record<string, unknown>, Values?]>([
    ['the variant by its name', [evaluated()], on],
    [
      'the older attribute',
      [evaluated({ 'feature_flag.result.variant': '', 'feature_flag.variant': 'on' })],
      on,
    ],
    ['the older name of the event', [evaluated({}, 'feature_flag')], on],
    ["LaunchDarkly's index", [launchDarkly({ [index]: 0 })], { 'feature_flags.new.checkout': '0' }],
    [
      'the index rather than the value',
      [launchDarkly({ [index]: 1, 'feature_flag.result.value': 'false' })],
      { 'feature_flags.new.checkout': '1' },
    ],
    [
      'a boolean value',
      [launchDarkly({ 'feature_flag.result.value': true })],
      { 'feature_flags.new.checkout': 'true' },
    ],
    ['no other value', [launchDarkly({ 'feature_flag.result.value': '{"a":1}' })], {}],
    ['the same twice', [evaluated(), evaluated()], on],
    [
      'two variants as neither',
      [evaluated(), evaluated({ 'feature_flag.result.variant': 'off' }), evaluated()],
      { 'feature_flags.new.checkout': '__mixed__' },
    ],
    [
      'two flags',
      [evaluated(), evaluated({ 'feature_flag.key': 'other' })],
      { ...on, 'feature_flags.other': 'on' },
    ],
    ['a split', [evaluated({ 'feature_flag.result.reason': 'split' })], on],
    ...['ERROR', 'static', 'disabled', 'DEFAULT', 'target_match'].map(
      (reason): [string, readonly Event[], Record<string, unknown>] => [
        `nobody with the reason ${reason}`,
        [evaluated({ 'feature_flag.result.reason': reason })],
        {},
      ],
    ),
    ['nobody whose evaluation failed', [evaluated({ 'error.type': 'flag_not_found' })], {}],
    [
      "LaunchDarkly's fall-through",
      [launchDarkly({ [index]: 2, 'feature_flag.result.reason': 'default' })],
      { 'feature_flags.new.checkout': '2' },
    ],
    ['what the application wrote itself', [launchDarkly({ [index]: 0 })], on, on],
    ['no other event', [evaluated({}, 'exception'), { name: 'feature_flag', values: { a: 1 } }], {}],
  ])('%s', async (_, events, expected, own) => {
    expect(await lifted(events, own)).toEqual(expected);
  });
});
