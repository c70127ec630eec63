import { describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { internFlag, internVariant, measuredVariant } from '../../src/core/flags.js';

function flagOf(key: string): NonNullable<ReturnType<typeof internFlag>> {
  const flag = internFlag(key);
  if (flag === undefined) throw new Error(`no flag for ${key}`);
  return flag;
}

describe('flag keys', () => {
  it('gives the same flag for the same key', () => {
    expect(internFlag('a')).toBe(internFlag('a'));
  });

  it('takes 128 characters and refuses 129, empty and no string', () => {
    expect(internFlag('k'.repeat(128))).toBeDefined();
    expect(internFlag('k'.repeat(129))).toBeUndefined();
    expect(internFlag('')).toBeUndefined();
    expect(internFlag(undefined as unknown as string)).toBeUndefined();
    expect(dropCounts().get('key_length')).toBe(3);
  });

  it.each(['__proto__', 'constructor', 'toString', 'a b', '"quoted"', '\n', '🚦'])('takes %j', (key) => {
    const flag = flagOf(key);
    expect(flag.attributeName).toBe(`feature_flags.${key}`);
    expect(internVariant(flag, '__proto__').name).toBe('__proto__');
    expect(internVariant(flag, 'constructor')).not.toBe(internVariant(flag, '__proto__'));
  });
});

describe('variants of a flag', () => {
  it('are told apart up to 16, the 17th overflows', () => {
    const flag = flagOf('many');
    for (let i = 1; i <= 16; i += 1) expect(internVariant(flag, `v${i}`).name).toBe(`v${i}`);
    expect(internVariant(flag, 'v17').name).toBe('__overflow__');
    expect(internVariant(flag, 'v18')).toBe(internVariant(flag, 'v19'));
    expect(internVariant(flag, 'v16').name).toBe('v16');
    expect(dropCounts().get('flag_variants')).toBe(3);
  });

  it('take 128 characters, and overflow at 129', () => {
    const flag = flagOf('long');
    expect(internVariant(flag, 'v'.repeat(128)).name).toBe('v'.repeat(128));
    expect(internVariant(flag, 'v'.repeat(129)).name).toBe('__overflow__');
    expect(dropCounts().get('variant_length')).toBe(1);
  });
});

describe('flags in metrics', () => {
  it('leave 32 places to keys of no flag; a flag finds its own, also after such keys', () => {
    for (let i = 0; i < 300; i += 1) internFlag(`nonsense-${i}`, false);
    expect(internFlag('nonsense-31', false)?.measured).toBe(true);
    const refused = internFlag('nonsense-32', false);
    expect(refused?.measured).toBe(false);
    expect(dropCounts().get('metric_flags')).toBe(300 - 32 + 1);
    // What did not exist yet may come to exist.
    expect(flagOf('nonsense-32').measured).toBe(true);
    expect(internFlag('nonsense-32', false)?.measured).toBe(true);
    expect(flagOf('real').measured).toBe(true);
  });

  it('are told apart up to 256; further ones are counted as one', () => {
    const flags = Array.from({ length: 300 }, (_, i) => flagOf(`flag-${i}`));
    expect(flags.filter((flag) => flag.measured).length).toBeLessThan(256);
    const known = flagOf('a');
    expect(known.measured).toBe(true);
    const late = flagOf('one-too-many');
    expect(late.measured).toBe(false);
    expect(measuredVariant(internVariant(late, 'on')).flag.key).toBe('__overflow__');
    expect(measuredVariant(internVariant(known, 'on')).flag.key).toBe('a');
  });
});
