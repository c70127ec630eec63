import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendTokens, checkExposure, readingToken } from '../../src/cli/tokens.js';

const [A, B, C] = ['a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16)];
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'telltale-tokens-'));
  file = join(folder, 'token');
  writeFileSync(file, `${C}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the backend', () => {
  it('takes one token for both, or one for each; a file goes before a variable', () => {
    expect(backendTokens({}, {})).toEqual({ writeToken: undefined, readToken: undefined });
    expect(backendTokens({}, { TELLTALE_TOKEN: A })).toEqual({ writeToken: A, readToken: A });
    expect(backendTokens({}, { TELLTALE_TOKEN: A, TELLTALE_READ_TOKEN: B })).toEqual({
      writeToken: A,
      readToken: B,
    });
    expect(
      backendTokens({ 'write-token-file': file }, { TELLTALE_WRITE_TOKEN: A, TELLTALE_TOKEN: B }),
    ).toEqual({
      writeToken: C,
      readToken: B,
    });
    expect(backendTokens({ 'token-file': file }, { TELLTALE_TOKEN: A })).toEqual({
      writeToken: C,
      readToken: C,
    });
    expect(backendTokens({}, { TELLTALE_TOKEN: '' })).toEqual({
      writeToken: undefined,
      readToken: undefined,
    });
  });

  it.each([
    ['a'.repeat(15), 'it holds 15 characters.'],
    [`${'a'.repeat(20)}\n${'b'.repeat(20)}`, 'it holds 41 characters, some of them others.'],
    [`${'é'.repeat(20)}`, 'it holds 20 characters, some of them others.'],
  ])('does not take %j, and does not print it', (token, why) => {
    const read = () => backendTokens({}, { TELLTALE_TOKEN: token });
    expect(read).toThrow(why);
    expect(read).toThrow(/^TELLTALE_TOKEN must hold a token of 16 characters or more/);
    expect(read).not.toThrow(token);
  });

  it('says which file cannot be read', () => {
    const missing = join(folder, 'missing');
    expect(() => backendTokens({ 'read-token-file': missing }, {})).toThrow(
      `--read-token-file ${missing} cannot be read: ENOENT`,
    );
  });

  it('beyond this machine needs both tokens, or to be told that none is meant', () => {
    const none = { writeToken: undefined, readToken: undefined };
    expect(() => checkExposure('127.0.0.1', none, { insecure: false, receives: true })).not.toThrow();
    expect(() =>
      checkExposure('0.0.0.0', { writeToken: A, readToken: B }, { insecure: false, receives: true }),
    ).not.toThrow();
    expect(() => checkExposure('0.0.0.0', none, { insecure: true, receives: true })).not.toThrow();
    expect(() => checkExposure('0.0.0.0', none, { insecure: false, receives: true })).toThrow(
      'there is no token.',
    );
    expect(() =>
      checkExposure('::', { ...none, writeToken: A }, { insecure: false, receives: true }),
    ).toThrow('there is no read token.');
    expect(() => checkExposure('::', { ...none, readToken: A }, { insecure: false, receives: true })).toThrow(
      'there is no write token.',
    );
    const reads = { insecure: false, receives: false };
    expect(() => checkExposure('::', { ...none, readToken: A }, reads)).not.toThrow();
    expect(() => checkExposure('::', { ...none, writeToken: A }, reads)).toThrow('there is no read token.');
  });
});

it('a command that reads sends the read token before the one for both', () => {
  expect(readingToken(undefined, {})).toBeUndefined();
  expect(readingToken(undefined, { TELLTALE_TOKEN: A })).toBe(A);
  expect(readingToken(undefined, { TELLTALE_TOKEN: A, TELLTALE_READ_TOKEN: B })).toBe(B);
  expect(readingToken(file, { TELLTALE_READ_TOKEN: B })).toBe(C);
});
