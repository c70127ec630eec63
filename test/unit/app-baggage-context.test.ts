import { type Context, context, createContextKey, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { run } from '../../src/instrument/run.js';
import { installSdk } from '../support/app-sdk.js';

describe("OpenTelemetry's context in an operation", () => {
  const upstream = (): Context =>
    propagation.setBaggage(
      ROOT_CONTEXT,
      propagation.createBaggage({ 'feature_flags.f': { value: 'on' }, tenant: { value: '42' } }),
    );
  const entries = (): string[] =>
    (propagation.getActiveBaggage()?.getAllEntries() ?? []).map(([name]) => name);

  it('has the baggage it came with, without its flags', () => {
    installSdk();
    context.with(upstream(), () => {
      runInScope(new Scope(undefined, undefined), () => expect(entries()).toEqual(['tenant']));
      run('job', () => expect(entries()).toEqual(['tenant']));
      expect(entries()).toEqual(['feature_flags.f', 'tenant']);
    });
  });

  it('has what the application puts there later', () => {
    installSdk();
    runInScope(new Scope(undefined, undefined), () => {
      context.with(upstream(), () => expect(entries()).toEqual(['feature_flags.f', 'tenant']));
    });
  });

  it('stays as it is where its baggage cannot be read', () => {
    installSdk();
    const broken = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry Baggage Key'), { broken: true });
    context.with(broken, () => {
      expect(runInScope(new Scope(undefined, undefined), () => context.active())).toBe(broken);
    });
    expect(dropCounts().get('fault')).toBe(1);
  });
});
