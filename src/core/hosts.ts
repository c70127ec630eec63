import { domainToASCII } from 'node:url';

/** A host and the port on it, in one spelling for each. */
export interface Authority {
  /** Lower-case, without a final dot; IPv6 in brackets. */
  readonly host: string;
  /** `undefined` where it is not known, or any is meant. */
  readonly port: number | undefined;
}

/** Which hosts are meant: one, or with `isSuffix` every name below `host`, which then begins with a dot. */
export interface HostRule extends Authority {
  readonly isSuffix: boolean;
}

/**
 * Reads `name`, `name:port`, `*.suffix` or `*.suffix:port`. IPv6 addresses stand in brackets, or bare where no port
 * follows. A suffix is one of names: `*.0.0.1` would mean addresses that have nothing in common.
 *
 * @returns `undefined` where it is none of these.
 */
export function parseHostRule(text: string): HostRule | undefined {
  const isSuffix = text.startsWith('*.');
  const authority = parseAuthority(isSuffix ? text.slice(2) : text, undefined);
  if (authority === undefined || authority.host.includes('*')) return undefined;
  if (!isSuffix) return { ...authority, isSuffix };
  const { host, port } = authority;
  return isAddress(host) ? undefined : { host: `.${host}`, port, isSuffix };
}

/**
 * Reads `host` or `host:port`, as a `Host` header has it.
 *
 * @param usualPort The port where it names none.
 * @returns `undefined` where it is no host.
 */
export function parseAuthority(text: string, usualPort: number | undefined): Authority | undefined {
  // Two colons without brackets are a bare IPv6 address, which has no port.
  const isBare = !text.startsWith('[') && text.indexOf(':') !== text.lastIndexOf(':');
  const [, name = '', digits] = isBare ? ['', text] : (/^(.*?)(?::(\d{1,5}))?$/s.exec(text) ?? []);
  const host = canonicalHost(name);
  const port = digits === undefined ? usualPort : Number(digits);
  if (host === undefined || port === 0 || (port !== undefined && port > 65_535)) return undefined;
  return { host, port };
}

/** Hosts by name as they were given: a process talks to few, and finding the one spelling costs 0.5 us. */
const known = new Map<string, string | undefined>();
const MAX_KNOWN = 256;

/** The one spelling of a host, or `undefined` where it is none. */
export function canonicalHost(name: string): string | undefined {
  if (known.has(name)) return known.get(name);
  const host = findCanonical(name);
  if (known.size < MAX_KNOWN) known.set(name, host);
  return host;
}

function findCanonical(name: string): string | undefined {
  // What a URL would take for something else than a part of the host.
  if (/[\s/?#@\\%]/.test(name)) return undefined;
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  return domainToASCII(bracketed).replace(/\.$/, '') || undefined;
}

/** Whether one of the rules means it. A rule with a port never means an authority whose port is not known. */
export function isMeant(rules: readonly HostRule[], { host, port }: Authority): boolean {
  return rules.some(
    (rule) =>
      (rule.port === undefined || rule.port === port) &&
      (rule.isSuffix ? host.endsWith(rule.host) : host === rule.host),
  );
}

/** IPv6, or what ends in a number, which no name does. */
function isAddress(host: string): boolean {
  return host.endsWith(']') || /(^|\.)\d+$/.test(host);
}
