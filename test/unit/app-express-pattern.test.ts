import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layer, matchLayer } from '../../src/http/express-layer.js';
import { registeredPattern } from '../../src/http/express-pattern.js';
import { type Probed, probePattern } from '../../src/http/express-probe.js';
import { EXPRESS_4, EXPRESS_5, EXPRESS_5_ROUTER_22, type ExpressKit, pass } from '../support/app-express.js';

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
    expect(matchLayer(mountedAt(kit, sticky), '/x/y')).toBeUndefined();
    expect(matchLayer(mountedAt(kit, global), '/x/y')).toBeUndefined();
    expect([sticky.lastIndex, global.lastIndex]).toEqual([0, 0]);
    expect(matchLayer(mountedAt(kit, /^\/x/), '/x/y')).toMatchObject({ path: '/x' });
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

describe('a pattern that is tried out', () => {
  function probe(pattern: string | RegExp | string[], path: string): Probed | undefined {
    return probePattern(mountedAt(EXPRESS_5_ROUTER_22, pattern), path);
  }
  const segment = fc.oneof(
    literal.map((text) => ({ pattern: text, path: text })),
    fc.tuple(name, literal).map(([text, path]) => ({ pattern: `:${text}`, path })),
  );
  const segments = fc
    .uniqueArray(segment, { minLength: 1, maxLength: 5, selector: ({ pattern }) => pattern })
    .map((parts) => ({
      pattern: parts.map((part) => `/${part.pattern}`).join(''),
      path: parts.map((part) => `/${part.path}`).join(''),
      lowerCase: parts
        .map(({ pattern }) => `/${pattern.startsWith(':') ? pattern : pattern.toLowerCase()}`)
        .join(''),
    }));

  it('is found, whatever letter case the path has', () => {
    fc.assert(
      fc.property(segments, fc.boolean(), ({ pattern, path, lowerCase }, isUpper) => {
        expect(probe(pattern, isUpper ? path.toUpperCase() : path)?.pattern).toBe(lowerCase);
      }),
    );
  });

  it('keeps its letter case in a router that is case sensitive', () => {
    const router = EXPRESS_5_ROUTER_22.createRouter({ caseSensitive: true }).use('/Api/:id', pass);
    const [layer] = (router as unknown as { stack: Layer[] }).stack;
    expect(layer && probePattern(layer, '/Api/5')?.pattern).toBe('/Api/:id');
  });

  it('has no part that a client chose, not even a name of a parameter', () => {
    expect(probe('/a/:tenantId', '/a/:tenantId')?.pattern).toBe('/a/:tenantId');
    expect(probe('/a/:b', '/a/A')?.pattern).toBe('/a/:b');
  });

  it.each([
    ['a wildcard', '/files/*rest', '/files/a/b'],
    ['a wildcard that took one segment', '/files/*rest', '/files/a'],
    ['an optional part that is there', '/a{/:b}', '/a/x'],
    ['an optional part that is not there', '/a{/:b}', '/a'],
    ['two parameters in a segment', '/:a-:b', '/x-y'],
    ['a parameter after a literal', '/v:version', '/v12'],
    ['a quoted name', '/:"odd name"', '/x'],
    ['an expression', /^\/re\d+/, '/re12'],
    ['an expression with a name', /^\/(?<lang>en|de)/, '/en'],
    ['an array', ['/a', '/b'], '/a'],
  ])('is left open for %s', (_what, pattern, path) => {
    expect(probe(pattern, path)).toBeUndefined();
  });

  it('holds for paths of its shape only', () => {
    const shape = probe('/x.y/:id', '/x.y/5')?.shape;
    const fits = (path: string): boolean | undefined => shape?.test(path);
    expect(['/x.y/6', '/X.Y/6/', '/xzy/6', '/x.y/6/7'].map(fits)).toEqual([true, true, false, false]);
  });
});
