import { defaultTextMapGetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BaggageFlag,
  entriesOf,
  formatEntry,
  isFlagEntry,
  keyOf,
  parseEntry,
  withoutFlagEntries,
} from '../../src/core/baggage-header.js';

/** Any characters at all, also names that objects have of themselves. */
const text = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    ' ',
    ',',
    ';=',
    '%',
    '%2C',
    '"on"',
    'a\r\nb',
    '\u0000',
    '😀',
    '()',
  ),
);
const flag: fc.Arbitrary<BaggageFlag> = fc.record({
  key: text,
  variant: text,
  assignment: fc.constantFrom('assigned', 'override', 'default', 'error'),
  version: fc.option(text, { nil: undefined }),
});
/** Text that has much of the grammar in it. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'feature_flags.',
      'f',
      '=',
      ';',
      ',',
      '%',
      '%zz',
      '%C3',
      ' ',
      '\t',
      'assignment',
      'version',
      '"',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  maxLength: 60,
});

/** W3C's grammar of an entry: a token, and values of baggage-octets. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const VALUE = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const ENTRY = new RegExp(`^${TOKEN}=${VALUE}(;${TOKEN}=${VALUE})*$`);

describe('an entry of the baggage header', () => {
  it('is the flag and its variant, and what a comparison needs where it is not the usual', () => {
    expect(
      formatEntry({
        key: 'new checkout',
        variant: 'on, at last',
        assignment: 'assigned',
        version: undefined,
      }),
    ).toBe('feature_flags.new%20checkout=on%2C%20at%20last');
    expect(formatEntry({ key: 'f(1)', variant: 'on', assignment: 'override', version: 'v 7' })).toBe(
      'feature_flags.f%281%29=on;assignment=override;version=v%207',
    );
  });

  it('comes back as it was, whatever is in it, in the grammar of the recommendation', () => {
    fc.assert(
      fc.property(fc.array(flag, { maxLength: 5 }), (flags) => {
        const header = flags.map(formatEntry).join(',');
        const entries = [...entriesOf(header)];
        for (const entry of entries) expect(entry).toMatch(ENTRY);
        expect(entries.map(parseEntry)).toEqual(flags);
        expect(entries.map(keyOf)).toEqual(flags.map(({ key }) => key));
      }),
    );
  });

  it("is what OpenTelemetry's propagator reads", () => {
    fc.assert(
      fc.property(flag, (one) => {
        const carrier = { baggage: formatEntry(one) };
        const read = new W3CBaggagePropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
        expect(propagation.getBaggage(read)?.getEntry(`feature_flags.${one.key}`)?.value).toBe(one.variant);
      }),
    );
  });

  it('has U+FFFD for half a surrogate pair, which no header can hold', () => {
    const entry = formatEntry({
      key: 'a\ud800',
      variant: '\udc00',
      assignment: 'assigned',
      version: undefined,
    });
    expect(parseEntry(entry)).toMatchObject({ key: 'a\ufffd', variant: '\ufffd' });
  });

  it('may have space around its parts, and properties of others', () => {
    expect(parseEntry('feature_flags.f = on ; assignment = default;x;y=1; version=7')).toEqual({
      key: 'f',
      variant: 'on',
      assignment: 'default',
      version: '7',
    });
  });

  it.each([
    'feature_flags.f',
    'feature_flags.f=',
    'feature_flags.=on',
    'feature_flags.f="on"',
    'feature_flags.f=a b',
    'feature_flags.f=%',
    'feature_flags.f=%zz',
    'feature_flags.f=%C3',
    'feature_flags.f=é',
    'feature_flags.f=a\\b',
    'feature_flags.f=a\u0000b',
    'feature_flags.f;x=1',
    'feature_flags.f=on;assignment=chosen',
    'feature_flags.f=on;assignment=',
    'feature_flags.f=on;version=%',
    'feature_flags.%=on',
  ])('is malformed: %j', (entry) => {
    expect(parseEntry(entry)).toBeUndefined();
  });

  it('never throws, whatever came', () => {
    fc.assert(
      fc.property(hostile, (header) => {
        for (const entry of entriesOf(header)) {
          const parsed = parseEntry(entry);
          if (parsed === undefined) continue;
          expect(parseEntry(formatEntry(parsed))).toEqual(parsed);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a header without the entries of flags', () => {
  it('has all others as they were', () => {
    fc.assert(
      fc.property(hostile, fc.array(flag, { maxLength: 3 }), (header, flags) => {
        const others = [...entriesOf(header)].filter((entry) => !isFlagEntry(entry));
        const mixed = [...others, ...flags.map(formatEntry)].join(' , ');
        expect(withoutFlagEntries(mixed)).toBe(others.join(','));
      }),
    );
  });
});
