import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TextWriter } from '../../src/otlp/text-writer.js';

const CHUNK = 1024;

function written(write: (text: TextWriter) => void): string {
  const text = new TextWriter(CHUNK);
  write(text);
  return text.cut().toString();
}

describe('escapes', () => {
  const byHand = (text: string): string => text.toWellFormed().replaceAll('"', '""');

  test('a field doubles quotes, a value escapes its own quote and the backslash besides', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...`'"\\,{}\n\0é`) }),
    );
    const lengths = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(texts, lengths, (one, times) => {
        const text = one.repeat(times);
        const value = `'${byHand(text.replaceAll(/['\\]/g, '\\$&'))}'`;
        const bytes = Buffer.from(`<${text}>`);
        expect(written((w) => w.field(text))).toBe(`"${byHand(text)}"`);
        expect(written((w) => w.value(text))).toBe(value);
        expect(written((w) => w.valueBytes(bytes, 1, bytes.length - 1))).toBe(value);
      }),
    );
  });

  test('bytes that are no UTF-8 become U+FFFD', () => {
    const cut = Buffer.from("it's 🛒").subarray(0, -1);
    const text = new TextWriter(CHUNK);
    text.valueBytes(cut, 0, cut.length);
    // As bytes: reading them as text would make U+FFFD of them too.
    expect(text.cut().toString('hex')).toBe(Buffer.from("'it\\'s \ufffd'").toString('hex'));
  });
});

describe('pieces', () => {
  test('stay as they are, and small ones share their memory', () => {
    const text = new TextWriter(CHUNK);
    const pieces = Array.from({ length: 1000 }, (_, i) => {
      text.ascii(`piece ${i}`);
      return text.cut();
    });
    expect(pieces.map(String)).toEqual(Array.from({ length: 1000 }, (_, i) => `piece ${i}`));
    expect(new Set(pieces.map((piece) => piece.buffer)).size).toBeLessThan(12);
  });

  test('may be larger than a chunk; the next ones are not', () => {
    const text = new TextWriter(CHUNK);
    for (let i = 0; i < 10_000; i++) text.integer(i);
    const expected = Array.from({ length: 10_000 }, (_, i) => i).join('');
    expect(text.length).toBe(expected.length);
    expect(text.cut().toString()).toBe(expected);
    const after = Array.from({ length: 100 }, () => {
      text.ascii('x'.repeat(1000));
      return text.cut();
    });
    expect(after.at(-1)?.buffer.byteLength).toBe(CHUNK);
  });

  test('what is discarded is in none', () => {
    const text = new TextWriter(CHUNK);
    text.ascii('kept');
    const kept = text.cut();
    text.ascii('lost');
    text.discard();
    text.ascii('next');
    expect([kept, text.cut()].map(String)).toEqual(['kept', 'next']);
  });
});
