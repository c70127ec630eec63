import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { internFlag, internVariant, type Variant } from '../../src/core/flags.js';
import { currentScope, runInScope, Scope } from '../../src/core/scope.js';
import { installSdk, type SdkOptions } from '../support/app-sdk.js';

function variantOf(key: string, name: string | undefined): Variant {
  const flag = internFlag(key);
  if (flag === undefined) throw new Error(`no flag for ${key}`);
  return internVariant(flag, name);
}

/** A scope on a real span, and the attributes that the span was exported with. */
function onSpan(options: SdkOptions, use: (scope: Scope, span: Span) => void): Record<string, unknown> {
  const sdk = installSdk(options);
  const span = trace.getTracer('test').startSpan('GET');
  use(new Scope(span, undefined), span);
  span.end();
  return { ...sdk.spans.getFinishedSpans()[0]?.attributes };
}

describe('a scope', () => {
  it('writes a variant on the entry span at once, and only counts it when it comes again', () => {
    let changes: unknown[] = [];
    const attributes = onSpan({}, (scope) => {
      changes = [1, 2, 3].map(() => scope.add(variantOf('f', 'on'), 'assigned', undefined, undefined));
      expect(scope.flags.get('f')?.count).toBe(3);
    });
    expect(changes).toEqual(['new', 'repeated', 'repeated']);
    expect(attributes).toEqual({ 'feature_flags.f': 'on' });
  });

  it('stays mixed once it had two variants, and knows each new one', () => {
    let changes: unknown[] = [];
    const attributes = onSpan({}, (scope) => {
      changes = ['on', 'off', 'on', 'off', 'maybe'].map((name) =>
        scope.add(variantOf('f', name), 'assigned', '1', undefined),
      );
      expect(scope.flags.get('f')?.variant.name).toBe('__mixed__');
    });
    expect(changes).toEqual(['new', 'new', 'repeated', 'repeated', 'new']);
    expect(attributes).toEqual({ 'feature_flags.f': '__mixed__' });
  });

  it.each([
    [['true', 'blue'], 'blue'],
    [['blue', 'true'], 'blue'],
    [['true', 'blue', 'true'], 'blue'],
    [['true', 'false'], '__mixed__'],
    [['false', 'true'], '__mixed__'],
    [['false', 'blue'], '__mixed__'],
    [['true', 'blue', 'green'], '__mixed__'],
    [['true', 'blue', 'green', 'true'], '__mixed__'],
  ])('that a flag gave %j has %s: true only says that it is on', (names, variant) => {
    const attributes = onSpan({}, (scope) => {
      for (const name of names) scope.add(variantOf('f', name), 'assigned', undefined, undefined);
      expect(scope.flags.get('f')?.variant.name).toBe(variant);
    });
    expect(attributes).toEqual({ 'feature_flags.f': variant });
  });

  it('writes nothing for a result without a variant', () => {
    const attributes = onSpan({}, (scope) =>
      scope.add(variantOf('f', undefined), 'assigned', undefined, undefined),
    );
    expect(attributes).toEqual({});
  });

  it('writes 64 flags and counts the 65th as dropped', () => {
    const attributes = onSpan({}, (scope) => {
      for (let i = 1; i <= 65; i += 1) scope.add(variantOf(`s${i}`, 'on'), 'assigned', undefined, undefined);
      expect(scope.flags.size).toBe(65);
    });
    expect(Object.keys(attributes)).toHaveLength(64);
    expect(attributes).toHaveProperty(['feature_flags.s64']);
    expect(dropCounts().get('span_flags')).toBe(1);
  });

  it("leaves half of a span's own attribute limit to others", () => {
    const attributes = onSpan({ spanLimits: { attributeCountLimit: 10 } }, (scope, span) => {
      for (let i = 1; i <= 8; i += 1) scope.add(variantOf(`s${i}`, 'on'), 'assigned', undefined, undefined);
      span.setAttribute('http.route', '/last');
    });
    expect(Object.keys(attributes)).toHaveLength(6);
    expect(attributes).toHaveProperty(['http.route'], '/last');
  });
});

describe('the current scope', () => {
  it('is the running one', () => {
    const scope = new Scope(undefined, undefined);
    runInScope(scope, () => expect(currentScope()).toBe(scope));
    expect(currentScope()).toBeUndefined();
  });

  it("is the request's, where only an HTTP instrumentation knows it", () => {
    installSdk();
    const span = trace.getTracer('test').startSpan('GET');
    context.with(setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, span }), () => {
      const scope = currentScope();
      expect(scope?.span).toBe(span);
      expect(currentScope()).toBe(scope);
    });
  });

  it("is not the ended one that a connection's next request inherits", () => {
    installSdk();
    const ended = new Scope(undefined, undefined);
    ended.ended = true;
    const span = trace.getTracer('test').startSpan('GET');
    runInScope(ended, () => {
      expect(currentScope()).toBe(ended);
      context.with(setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, span }), () => {
        expect(currentScope()?.span).toBe(span);
      });
    });
  });
});
