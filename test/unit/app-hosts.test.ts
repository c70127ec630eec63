import { describe, expect, it } from 'vitest';
import { canonicalHost, isMeant, parseAuthority, parseHostRule } from '../../src/core/hosts.js';
import { configure } from '../../src/index.js';

function means(rule: string, host: string, port: number | undefined): boolean {
  const parsed = parseHostRule(rule);
  const name = canonicalHost(host);
  if (parsed === undefined || name === undefined) throw new Error(`no rule ${rule} or no host ${host}`);
  return isMeant([parsed], { host: name, port });
}

describe('a host in sendTo', () => {
  it.each([
    ['orders.internal', 'orders.internal', 80, true],
    ['orders.internal', 'ORDERS.Internal', 8_080, true],
    ['Orders.Internal', 'orders.internal.', 443, true],
    ['orders.internal.', 'orders.internal', 443, true],
    ['orders.internal', 'orders.internal', undefined, true],
    ['orders.internal', 'a.orders.internal', 80, false],
    ['orders.internal', 'orders.internal.evil.example', 80, false],
    ['orders.internal', 'xorders.internal', 80, false],
    ['localhost:8080', 'localhost', 8_080, true],
    ['localhost:8080', 'localhost', 80, false],
    ['localhost:8080', 'localhost', undefined, false],
    ['localhost:80', 'localhost', 80, true],
    ['*.internal', 'orders.internal', 80, true],
    ['*.internal', 'a.b.internal', 80, true],
    ['*.INTERNAL', 'A.internal.', 80, true],
    ['*.internal', 'internal', 80, false],
    ['*.internal', 'evilinternal', 80, false],
    ['*.internal', 'internal.evil.example', 80, false],
    ['*.internal:8080', 'orders.internal', 8_080, true],
    ['*.internal:8080', 'orders.internal', 80, false],
    ['127.0.0.1', '127.0.0.1', 80, true],
    ['127.0.0.1', '127.0.0.11', 80, false],
    ['::1', '[::1]', 80, true],
    ['[::1]', '0:0:0:0:0:0:0:1', 80, true],
    ['[::1]:8080', '::1', 8_080, true],
    ['[::1]:8080', '::1', 80, false],
    ['[FE80::A]', 'fe80::a', 80, true],
    ['my_service', 'my_service', 80, true],
    ['bücher.example', 'xn--bcher-kva.example', 443, true],
  ])('%s for %s, port %s: %s', (rule, host, port, expected) => {
    expect(means(rule, host, port)).toBe(expected);
  });

  it.each([
    '',
    '*',
    '*.',
    '*.*.internal',
    'a.*',
    'https://orders.internal',
    'orders.internal/v1',
    'user@orders.internal',
    'orders internal',
    'orders.internal:',
    'orders.internal:0',
    'orders.internal:65536',
    'orders.internal:http',
    '*.0.0.1',
    '*.[::1]',
    '[::1',
    '[nonsense]',
    '%6frders.internal',
    'orders.internal?x',
  ])('"%s" is refused at start, with what to write', (wrong) => {
    expect(() => configure({ baggage: { flags: ['f'], sendTo: ['fine.internal', wrong] } })).toThrow(
      /"baggage.sendTo" \(TELLTALE_BAGGAGE_SEND_TO\) has to be/,
    );
  });

  it('names the one that is wrong and what is right', () => {
    expect(() => configure({ baggage: { flags: ['f'], sendTo: ['https://a.internal'] } })).toThrow(
      'has to be hosts like orders.internal, localhost:8080, [::1]:8080 or *.internal, without scheme and path, ' +
        'got "https://a.internal".',
    );
  });
});

describe('a Host header', () => {
  it.each([
    ['orders.internal', { host: 'orders.internal', port: 443 }],
    ['orders.internal:8443', { host: 'orders.internal', port: 8_443 }],
    ['[::1]:65535', { host: '[::1]', port: 65_535 }],
    ['[::1]', { host: '[::1]', port: 443 }],
    ['orders.internal:65536', undefined],
    ['a b', undefined],
    ['', undefined],
  ])('%s is read', (header, expected) => {
    expect(parseAuthority(header, 443)).toEqual(expected);
  });
});
