import { type Statsig, StatsigUser } from '@statsig/statsig-node-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import * as entry from '../../src/hooks/statsig.js';
import { run } from '../../src/index.js';
import { startStatsig, subject } from '../sdks/statsig.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observeStatsig } = entry;

describeSdk(subject, entry);

describe('observeStatsig', () => {
  const user = new StatsigUser({ userID: 'user-1' });
  let sdk: Sdk;
  let statsig: Statsig;

  beforeEach(async () => {
    sdk = installSdk();
    statsig = await subject.start();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await subject.stop(statsig);
    await sdk.points('feature_flag.evaluations');
  });

  /** key, variant and reason of all that was written. */
  const written = (): unknown[][] =>
    sdk.logs
      .getFinishedLogRecords()
      .map(({ attributes }) => [
        attributes['feature_flag.key'],
        attributes['feature_flag.result.variant'],
        attributes['feature_flag.result.reason'],
      ]);

  it('finds one variant where a gate is checked and asked for', async () => {
    observeStatsig(statsig);
    await run('checkout', () => {
      for (const gate of ['boolean', 'off']) {
        statsig.checkGate(user, gate);
        statsig.getFeatureGate(user, gate);
      }
    });
    const [span] = sdk.spans.getFinishedSpans();
    expect(span?.attributes).toMatchObject({ 'feature_flags.boolean': 'true', 'feature_flags.off': 'false' });
  });

  it('counts the unit that the gate is for', async () => {
    observeStatsig(statsig);
    const visit = (companyID: string): unknown =>
      run('checkout', () =>
        statsig.getFeatureGate(new StatsigUser({ userID: 'user-1', customIDs: { companyID } }), 'company'),
      );
    // A unit counts three times an hour.
    for (const company of ['one', 'one', 'one', 'one', 'one', 'two']) await visit(company);
    const points = await sdk.points('telltale.unit.operations');
    expect(points.reduce((sum, { value }) => sum + Number(value), 0)).toBe(4);
  });

  it('keeps a sticky assignment apart', async () => {
    await subject.stop(statsig);
    const persistentStorage = { load: () => null, save: () => {}, delete: () => {} };
    statsig = await startStatsig({ persistentStorage });
    const sticky = { value: true, json_value: { color: 'red' }, rule_id: 'old-id', group_name: 'Old' };
    const userPersistedValues = {
      split: { ...sticky, secondary_exposures: [], undelegated_secondary_exposures: [], time: 1 },
    };
    observeStatsig(statsig);
    statsig.getExperiment(user, 'split', { userPersistedValues });
    expect(written()).toEqual([['split', 'Old', 'cached']]);
  });

  it('leaves out what evaluates for nobody', () => {
    observeStatsig(statsig);
    statsig.getExperimentByGroupName('split', 'Test');
    statsig.getExperimentGroups('split');
    statsig.getClientInitializeResponse(user);
    expect(written()).toEqual([]);
  });

  it('bears what no type allows', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const faults = dropCounts().get('fault');
    observeStatsig(statsig);
    const untyped = statsig as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(untyped['checkGate']?.({ userID: 'user-1' }, 'boolean')).toBeNull();
    expect(untyped['checkGate']?.()).toBeNull();
    expect(untyped['getFeatureGate']?.(null, 'boolean')).toMatchObject({ value: false });
    expect(untyped['getExperiment']?.(undefined, 'split')).toMatchObject({ value: {} });
    expect(untyped['getParameterStore']?.(null, 'store')).toBeNull();
    expect(written()).toEqual([
      ['boolean', undefined, 'error'],
      ['boolean', 'false', 'error'],
      ['split', undefined, 'error'],
    ]);
    expect(dropCounts().get('fault')).toBe(faults);
  });

  it('leaves the methods as they were once it is detached, and is silent about stores already given', () => {
    const before = Object.getOwnPropertyDescriptors(statsig);
    const detach = observeStatsig(statsig);
    const store = statsig.getParameterStore(user, 'store');
    expect(Object.keys(store)).toEqual([]);
    detach();
    expect(Object.getOwnPropertyDescriptors(statsig)).toEqual(before);
    expect(store.getValue('banner', false)).toBe(true);
    expect(written()).toEqual([]);
  });
});
