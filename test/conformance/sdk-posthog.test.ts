import type { PostHog, PostHogFeatureFlag } from 'posthog-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import * as entry from '../../src/hooks/posthog.js';
import { run } from '../../src/index.js';
import { startLocal, startRemote, subject } from '../sdks/posthog.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observePostHog } = entry;

/** A definition that PostHog stumbles over. */
const BROKEN = { key: 'broken', active: true, filters: { groups: 1 } } as unknown as PostHogFeatureFlag;

// PostHog says once of each older method that it is deprecated.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describeSdk(subject, entry);

describe('observePostHog', () => {
  const clients: PostHog[] = [];
  let sdk: Sdk;

  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.shutdown();
    await sdk.points('feature_flag.evaluations');
  });

  async function started(start: () => Promise<PostHog> = startLocal): Promise<PostHog> {
    const posthog = await start();
    clients.push(posthog);
    return posthog;
  }

  /** key, variant and reason of all that was written. */
  const written = (): unknown[][] =>
    sdk.logs
      .getFinishedLogRecords()
      .map(({ attributes }) => [
        attributes['feature_flag.key'],
        attributes['feature_flag.result.variant'],
        attributes['feature_flag.result.reason'],
      ]);

  it('finds one variant where a flag is asked for in every way', async () => {
    const posthog = await started();
    observePostHog(posthog);
    await run('checkout', async () => {
      await posthog.isFeatureEnabled('split', 'user-1');
      await posthog.getFeatureFlag('split', 'user-1');
      await posthog.getFeatureFlagPayload('split', 'user-1');
      await posthog.getFeatureFlagResult('split', 'user-1');
      await posthog.getAllFlags('user-1', { flagKeys: ['split'] });
      await posthog.getAllFlagsAndPayloads('user-1', { flagKeys: ['split'] });
      const flags = await posthog.evaluateFlags('user-1');
      flags.isEnabled('split');
      flags.getFlag('split');
      flags.getFlagPayload('split');
    });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes['feature_flags.split']).toBe('blue');
    const points = await sdk.points('feature_flag.evaluations');
    expect(points.map(({ value }) => value)).toEqual([9]);
  });

  it('observes each flag of all, once', async () => {
    const posthog = await started();
    observePostHog(posthog);
    const flags = await posthog.getAllFlags('user-1', { flagKeys: ['string', 'off'] });
    expect(flags).toEqual({ string: 'blue', off: false });
    // PostHog evaluates them at once.
    expect(written().toSorted()).toEqual([
      ['off', 'false', 'disabled'],
      ['string', 'blue', 'static'],
    ]);
    await posthog.getAllFlagsAndPayloads('user-1', { flagKeys: ['string', 'off'] });
    expect(written()).toHaveLength(4);
  });

  it('counts a flag of a snapshot when it is read, also from a part of it', async () => {
    const posthog = await started();
    observePostHog(posthog);
    const flags = await posthog.evaluateFlags('user-1');
    expect(written()).toEqual([]);
    expect(flags.only(['string']).getFlag('string')).toBe('blue');
    expect(flags.onlyAccessed().getFlag('string')).toBeUndefined();
    expect(flags.isEnabled('boolean')).toBe(true);
    expect(written()).toEqual([
      ['string', 'blue', 'static'],
      ['string', undefined, 'error'],
      ['boolean', 'true', 'static'],
    ]);
  });

  it('says so where a snapshot is of nobody', async () => {
    const posthog = await started();
    observePostHog(posthog);
    expect((await posthog.evaluateFlags()).getFlag('string')).toBeUndefined();
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes['error.type']).toBe('targeting_key_missing');
  });

  it("counts the unit of PostHog's context", async () => {
    const posthog = await started();
    observePostHog(posthog);
    const visit = (distinctId: string): unknown =>
      run('checkout', () =>
        posthog.withContext({ distinctId }, () => posthog.getAllFlags({ flagKeys: ['boolean'] })),
      );
    // A unit counts three times an hour.
    for (const unit of ['one', 'one', 'one', 'one', 'two']) await visit(unit);
    const points = await sdk.points('telltale.unit.operations');
    expect(points.reduce((sum, { value }) => sum + Number(value), 0)).toBe(4);
  });

  it('leaves out the flags that are sent with an event', async () => {
    const posthog = await started();
    observePostHog(posthog);
    const sent: unknown[] = [];
    posthog.on('capture', (event) => sent.push(event));
    posthog.capture({ distinctId: 'user-1', event: 'visited', sendFeatureFlags: true });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ properties: { '$feature/string': 'blue' } });
    expect(written()).toEqual([]);
  });

  it.each([
    ['matched', 'true', 'targeting_match'],
    ['multivariate', 'blue', 'split'],
    ['unmatched', 'false', 'default'],
    ['excluded', 'false', 'split'],
    ['enrolled', 'true', 'targeting_match'],
    ['missing', undefined, 'error'],
  ])("has the reason of PostHog's servers for %s", async (key, variant, reason) => {
    const posthog = await started(startRemote);
    observePostHog(posthog);
    await posthog.getFeatureFlag(key, 'user-1');
    expect(written()).toEqual([[key, variant, reason]]);
  });

  it('writes an evaluation that throws', async () => {
    const posthog = await started(() => startLocal([BROKEN]));
    const bare = await posthog.getFeatureFlag('broken', 'user-1').catch((error: unknown) => error);
    expect(bare).toBeInstanceOf(TypeError);
    observePostHog(posthog);
    await expect(posthog.getFeatureFlag('broken', 'user-1')).rejects.toEqual(bare);
    expect(written()).toEqual([['broken', undefined, 'error']]);
  });

  it('goes on with the methods alone where PostHog has changed inside', async () => {
    const posthog = await started();
    const other = Object.create(posthog, {
      _getFeatureFlagResult: { value: undefined },
      getFeatureFlag: { value: posthog.getFeatureFlag.bind(posthog), configurable: true },
      isFeatureEnabled: { value: posthog.isFeatureEnabled.bind(posthog), configurable: true },
    }) as PostHog;
    observePostHog(other);
    await run('checkout', async () => {
      expect(await other.isFeatureEnabled('string', 'user-1')).toBe(true);
      expect(await other.getFeatureFlag('string', 'user-1')).toBe('blue');
    });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes['feature_flags.string']).toBe('blue');
  });

  it('bears what no type allows', async () => {
    const faults = dropCounts().get('fault');
    const posthog = await started();
    observePostHog(posthog);
    const untyped = posthog as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(await untyped['getFeatureFlag']?.()).toBeUndefined();
    expect(await untyped['getFeatureFlag']?.('boolean', 7)).toBe(true);
    expect(await untyped['getAllFlags']?.(null)).toEqual({});
    expect(written()).toEqual([['boolean', 'true', 'static']]);
    expect(dropCounts().get('fault')).toBe(faults);
  });

  it('leaves the methods as they were once it is detached, and is silent about snapshots already given', async () => {
    const posthog = await started();
    const before = Object.getOwnPropertyNames(posthog);
    const detach = observePostHog(posthog);
    const flags = await posthog.evaluateFlags('user-1');
    detach();
    expect(Object.getOwnPropertyNames(posthog).filter((name) => !before.includes(name))).toEqual([
      '_featureFlagEvaluationsHost',
    ]);
    expect(flags.getFlag('string')).toBe('blue');
    expect(written()).toEqual([]);
  });
});
