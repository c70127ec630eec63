import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layer, matchedPath } from '../../src/http/express-layer.js';
import { registeredPattern } from '../../src/http/express-pattern.js';
import { EXPRESS_4, EXPRESS_5, type ExpressKit, pass } from '../support/app-express.js';

/** The layer of a router that is mounted at `path`. */
function mountedAt(kit: ExpressKit, path: string | RegExp | (string | RegExp)[]): Layer {
  const router = kit.createRouter().use(path, pass);
  return (router as unknown as { stack: Layer[] }).stack[0] ?? {};
}

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,6}$/);
const literal = fc.stringMatching(/^[A-Za-z0-9_~@-]{1,8}$/);

/** `/` and one segment, as Express 4 knows them. */
const segmentOf4 = fc.oneof(
  literal.map((text) => `/${text}`),
  name.map((text) => `/:${text}`),
  name.map((text) => `/:${text}?`),
  name.map((text) => `/:${text}(\\d+)`),
  fc.tuple(literal, name).map(([prefix, text]) => `/${prefix}:${text}`),
  fc.tuple(literal, name).map(([file, text]) => `/${file}.:${text}`),
  fc.tuple(literal, literal).map(([file, ending]) => `/${file}.${ending}`),
  fc.constant('/*'),
);
const patternOf4 = fc.array(segmentOf4, { minLength: 1, maxLength: 5 }).map((segments) => segments.join(''));

describe("Express 4's compiled patterns", () => {
  it('are read back to the letter', () => {
    fc.assert(
      fc.property(patternOf4, (pattern) => {
        expect(registeredPattern(mountedAt(EXPRESS_4, pattern))).toBe(pattern);
      }),
    );
  });

  it('are read back from an array', () => {
    fc.assert(
      fc.property(fc.array(patternOf4, { minLength: 1, maxLength: 3 }), (patterns) => {
        expect(registeredPattern(mountedAt(EXPRESS_4, patterns))).toBe(patterns.join(','));
      }),
    );
  });

  it.each([
    ['/', '/'],
    // Compiled it is the same as without the slash.
    ['/a/', '/a'],
    [['/', '/a'], '/,/a'],
    [/^\/x/gi, '/^\\/x/gi'],
    // Expressions of its own, which may have any length.
    ['/a+', undefined],
    ['/(a|b)', undefined],
    ['/:a((b|c))', undefined],
    ['/a(?:(\\d+))', undefined],
    ['/:a([^\\/]+)', undefined],
    [['/a', /^\/b/], undefined],
  ])('make %j %s', (pattern, text) => {
    expect(registeredPattern(mountedAt(EXPRESS_4, pattern))).toBe(text);
  });
});

describe.each([EXPRESS_4, EXPRESS_5])('an expression of $name that remembers where it was', (kit) => {
  it('is not tried, which would change what Express matches next', () => {
    const sticky = /^\/x/y;
    const global = /^\/x/g;
    expect(matchedPath(mountedAt(kit, sticky), '/x/y')).toBeUndefined();
    expect(matchedPath(mountedAt(kit, global), '/x/y')).toBeUndefined();
    expect([sticky.lastIndex, global.lastIndex]).toEqual([0, 0]);
    expect(matchedPath(mountedAt(kit, /^\/x/), '/x/y')).toBe('/x');
  });
});

describe('the patterns that router 2.3 keeps', () => {
  it.each([
    ['/a/', '/a/'],
    ['/opt{/:b}/*rest', '/opt{/:b}/*rest'],
    [['/a', /^\/b/i], '/a,/^\\/b/i'],
  ])('make %j %s', (pattern, text) => {
    expect(registeredPattern(mountedAt(EXPRESS_5, pattern))).toBe(text);
  });
});
