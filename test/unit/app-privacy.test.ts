import { createHmac } from 'node:crypto';
import type { EvaluationContext, ResolutionDetails } from '@openfeature/server-sdk';
import { OpenFeature, type Provider } from '@openfeature/server-sdk';
import { SpanKind, trace } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TelltaleOptions } from '../../src/core/settings.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const EMAIL = 'ada@example.org';
const who: EvaluationContext = { targetingKey: EMAIL, plan: 'pro' };

/** Gives texts and structures that hold who asked. */
class LeakyProvider implements Provider {
  readonly metadata = { name: 'leaky' };
  async resolveBooleanEvaluation(): Promise<never> {
    throw new Error(`no rule for ${EMAIL}`);
  }
  async resolveStringEvaluation(): Promise<ResolutionDetails<string>> {
    return { value: `hello ${EMAIL}` };
  }
  async resolveNumberEvaluation(): Promise<ResolutionDetails<number>> {
    return { value: 7, variant: 'seven' };
  }
  async resolveObjectEvaluation<T>(): Promise<ResolutionDetails<T>> {
    return { value: { to: EMAIL } as T };
  }
}

let sdk: Sdk;
let app: Fresh;

async function start(options: TelltaleOptions = {}): Promise<void> {
  sdk = installSdk();
  app = await fresh(options);
  OpenFeature.clearHooks();
  await OpenFeature.setProviderAndWait(new LeakyProvider());
  OpenFeature.addHooks(new app.openfeature.TelltaleHook());
}

/** One failed job that evaluates flags of every kind for the unit. */
async function work(): Promise<void> {
  const flags = OpenFeature.getClient();
  const failing = app.telltale.run('job', async () => {
    await flags.getBooleanValue('boolean', false, who);
    await flags.getStringValue('text', '', who);
    await flags.getNumberValue('number', 0, who);
    await flags.getObjectValue('structure', {}, who);
    throw new RangeError(EMAIL);
  });
  await expect(failing).rejects.toThrow(EMAIL);
}

/** Everything that all three signals hold. */
async function written(): Promise<string> {
  const names = ['feature_flag.evaluations', 'telltale.operation.duration', 'telltale.dropped'];
  const units = ['operations', 'errors', 'slow', 'exposed'].map((name) => `telltale.unit.${name}`);
  const points = await Promise.all([...names, ...units].map((name) => sdk.points(name)));
  const spans = sdk.spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({
    name,
    attributes,
    events,
    status,
  }));
  const logs = sdk.logs
    .getFinishedLogRecords()
    .map(({ eventName, body, attributes }) => ({ eventName, body, attributes }));
  expect([spans.length, logs.length, points.flat().length].every((count) => count > 0)).toBe(true);
  return JSON.stringify([spans, logs, points.flat().map((point) => point.attributes)]);
}

function records(eventName: string): Record<string, unknown>[] {
  return sdk.logs
    .getFinishedLogRecords()
    .filter((record) => record.eventName === eventName)
    .map((record) => ({ ...record.attributes }));
}

beforeEach(() => start());

describe('by default', () => {
  it('who a flag was evaluated for is in no signal, nor what it gave, nor what a provider says', async () => {
    await work();
    expect(await written()).not.toMatch(/ada|example\.org|pro"/);
    for (const record of records('feature_flag.evaluation')) {
      expect(record).not.toHaveProperty(['feature_flag.context.id']);
      expect(record).not.toHaveProperty(['feature_flag.result.value']);
    }
  });
});

describe('with a salt', () => {
  it('the unit is its HMAC-SHA-256, on evaluations and on the failed operation, and nothing else of it', async () => {
    await start({ unitSalt: 'pepper' });
    await work();
    const id = createHmac('sha256', 'pepper').update(EMAIL).digest('hex');
    const evaluations = records('feature_flag.evaluation');
    expect(evaluations.map((record) => record['feature_flag.context.id'])).toEqual([id, id, id, id]);
    expect(records('telltale.operation.failed')[0]).toMatchObject({ 'telltale.unit.id': id });
    expect(await written()).not.toMatch(/ada|example\.org|pepper/);
  });

  it('beside the unit stands how it came to its variant, where that was not by a split or rule', async () => {
    await start({ unitSalt: 'pepper' });
    for (const assignment of ['assigned', 'override'] as const) {
      const named = { key: `flag-${assignment}`, variant: 'on', reason: 'targeting_match', assignment };
      app.telltale.record({ ...named, targetingKey: EMAIL });
      app.telltale.record({ ...named, key: `${named.key}-of-nobody` });
    }
    const told = records('feature_flag.evaluation').map((record) => record['telltale.assignment']);
    expect(told).toEqual([undefined, undefined, 'override', undefined]);
  });

  it('no metric has the unit, hashed or not', async () => {
    await start({ unitSalt: 'pepper' });
    await work();
    const points = await Promise.all(
      ['feature_flag.evaluations', 'telltale.operation.duration', 'telltale.unit.operations'].map((name) =>
        sdk.points(name),
      ),
    );
    const id = createHmac('sha256', 'pepper').update(EMAIL).digest('hex');
    expect(JSON.stringify(points.flat().map((point) => point.attributes))).not.toContain(id);
  });

  it('an evaluation outside an operation has it too', async () => {
    await start({ unitSalt: 'pepper' });
    await OpenFeature.getClient().getNumberValue('number', 0, who);
    const id = createHmac('sha256', 'pepper').update(EMAIL).digest('hex');
    expect(records('feature_flag.evaluation')).toMatchObject([{ 'feature_flag.context.id': id }]);
  });
});

describe('where it is asked for', () => {
  it('the unit is written as it is, cut where it is endless', async () => {
    await start({ unitIds: 'plain' });
    await work();
    expect(records('telltale.operation.failed')[0]).toMatchObject({ 'telltale.unit.id': EMAIL });
    await OpenFeature.getClient().getNumberValue('number', 0, { targetingKey: 'x'.repeat(10_000) });
    expect(records('feature_flag.evaluation').at(-1)?.['feature_flag.context.id']).toHaveLength(128);
  });

  it('nothing is written of the unit although there is a salt', async () => {
    await start({ unitSalt: 'pepper', unitIds: 'off' });
    await work();
    expect(records('telltale.operation.failed')[0]).not.toHaveProperty(['telltale.unit.id']);
  });

  it('values are written beside the variant, structures as JSON', async () => {
    await start({ values: true });
    await work();
    const values = records('feature_flag.evaluation').map((record) => record['feature_flag.result.value']);
    expect(values).toEqual([false, `hello ${EMAIL}`, 7, `{"to":"${EMAIL}"}`]);
  });
});

describe('the record of a failed operation', () => {
  it('has the variants, the error and the trace of its span', async () => {
    await work();
    const [record] = sdk.logs
      .getFinishedLogRecords()
      .filter(({ eventName }) => eventName === 'telltale.operation.failed');
    const [span] = sdk.spans.getFinishedSpans().filter(({ name }) => name === 'job');
    expect(record?.attributes).toEqual({
      'error.type': 'RangeError',
      'exception.type': 'RangeError',
      'feature_flags.boolean': 'false',
      'feature_flags.number': 'seven',
    });
    expect(record?.severityNumber).toBe(17);
    expect(record?.spanContext).toEqual(span?.spanContext());
  });

  it('is written for an unsampled operation as well, and for none that did not fail', async () => {
    const { AlwaysOffSampler } = await import('@opentelemetry/sdk-trace');
    sdk = installSdk({ sampler: new AlwaysOffSampler() });
    await work();
    expect(records('telltale.operation.failed')).toHaveLength(1);
    expect(records('feature_flag.evaluation')).toEqual([]);
    app.telltale.run('fine', () => {});
    app.operation.serve({}, { aborted: true });
    app.operation.serve({}, { statusCode: 404 });
    expect(records('telltale.operation.failed')).toHaveLength(1);
    app.operation.serve({}, { statusCode: 500, route: '/pay' });
    expect(records('telltale.operation.failed').at(-1)).toEqual({
      'error.type': '500',
      'http.route': '/pay',
      'feature_flags.flag': 'on',
    });
  });
});

describe('the profile', () => {
  async function spanOf(
    profile: TelltaleOptions['profile'],
  ): Promise<ReturnType<Sdk['spans']['getFinishedSpans']>[0]> {
    await start({ ...(profile === undefined ? {} : { profile }), unitIds: 'plain' });
    const tracer = trace.getTracer('test');
    const span = tracer.startSpan('consume', { kind: SpanKind.CONSUMER });
    const { context } = await import('@opentelemetry/api');
    await context.with(trace.setSpan(context.active(), span), () =>
      app.telltale.run('consume', async () => {
        for (let i = 0; i < 2; i += 1) await OpenFeature.getClient().getNumberValue('number', 0, who);
      }),
    );
    span.end();
    const [finished] = sdk.spans.getFinishedSpans();
    if (finished === undefined) throw new Error('the span did not end');
    return finished;
  }

  it('default names the attribute feature_flags.<key>, and adds no event', async () => {
    const { attributes, events } = await spanOf(undefined);
    expect([attributes, events]).toEqual([{ 'feature_flags.number': 'seven' }, []]);
  });

  it('sentry names it flag.evaluation.<key>', async () => {
    const { attributes, events } = await spanOf('sentry');
    expect([attributes, events]).toEqual([{ 'flag.evaluation.number': 'seven' }, []]);
  });

  it("launchdarkly adds LaunchDarkly's span event, once", async () => {
    const { attributes, events } = await spanOf('launchdarkly');
    expect(attributes).toEqual({ 'feature_flags.number': 'seven' });
    expect(events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'feature_flag',
        {
          'feature_flag.key': 'number',
          'feature_flag.provider.name': 'leaky',
          'feature_flag.context.id': EMAIL,
          'feature_flag.result.variant': 'seven',
        },
      ],
    ]);
  });
});
