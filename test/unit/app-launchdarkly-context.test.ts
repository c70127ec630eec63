import { Context, type LDContext } from '@launchdarkly/node-server-sdk';
import { expect, it } from 'vitest';
import { canonicalKey } from '../../src/hooks/launchdarkly-context.js';

it.each<LDContext>([
  { kind: 'user', key: 'ada@example.org' },
  { kind: 'user', key: 'a:b%c' },
  { key: 'former' },
  { kind: 'organization', key: 'acme' },
  { kind: 'organization', key: 'a:b%3Ac' },
  { kind: 'multi', user: { key: 'ada' } },
  { kind: 'multi', organization: { key: 'acme' } },
  { kind: 'multi', user: { key: 'a:d%a' }, organization: { key: 'acme' } },
  { kind: 'multi', device: { key: '__proto__' }, user: { key: '🐙' }, account: { key: 'x'.repeat(1_000) } },
])('is what the SDK makes of %j', (context) => {
  const real = Context.fromLDContext(context);
  expect(real.valid).toBe(true);
  expect(canonicalKey(context)).toBe(real.canonicalKey);
});

it('takes a number for the key of a former user, as the SDK does', () => {
  expect(canonicalKey({ key: 7 })).toBe(Context.fromLDContext({ key: 7 } as never).canonicalKey);
});

it.each<unknown>([
  undefined,
  null,
  {},
  { kind: 'user' },
  { kind: 'user', key: '' },
  { kind: 'user', key: 7 },
  { kind: 7, key: 'ada' },
  { kind: 'multi' },
  { kind: 'multi', user: {} },
  { kind: 'multi', user: 'ada' },
  { kind: 'multi', user: { key: 'ada' }, organization: { key: '' } },
])('is nothing for %j, which the SDK refuses', (context) => {
  expect(Context.fromLDContext(context as LDContext).valid).toBe(false);
  expect(canonicalKey(context)).toBeUndefined();
});
