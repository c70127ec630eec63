import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import type { Denial } from '../otlp/index.js';

export interface AccessOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** Names in `Host` that are taken beside those of this machine, as `readHostName` gives them. */
  readonly allowedHosts: readonly string[];
  /** Asked of whoever sends telemetry or changes. undefined: nobody is asked. */
  readonly writeToken: string | undefined;
  /** Asked of whoever reads. undefined: nobody is asked. */
  readonly readToken: string | undefined;
}

/** Who may do what; undefined is a yes. */
export interface Access {
  /** Whether it may send by HTTP. Origins are for the receiver, which knows those that are listed. */
  otlp(request: IncomingMessage): Denial | undefined;
  /** Whether it may send by gRPC: no page can speak it, so there is no Host or Origin to look at. */
  grpc(authorization: string | undefined): Denial | undefined;
  /** Whether it may ask the API: reading takes the read token, anything else the write token. */
  api(request: IncomingMessage): Denial | undefined;
}

export function createAccess({ host, allowedHosts, writeToken, readToken }: AccessOptions): Access {
  // Beyond this machine a token keeps pages out. On it, a page whose name leads here would be let in without.
  const hosts = isLoopback(host) || allowedHosts.length > 0 ? new Set(allowedHosts) : undefined;
  const write = tokenCheck('write', writeToken, SENDERS);
  const read = tokenCheck('read', readToken, READERS);
  return {
    otlp: ({ headers }) => checkHost(headers, hosts) ?? write(headers.authorization),
    grpc: write,
    api: ({ method, headers }) =>
      checkHost(headers, hosts) ??
      checkSite(headers) ??
      (method === 'GET' ? read : write)(headers.authorization),
  };
}

const SENDERS = 'OTLP exporters send it with OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN.';
const READERS =
  'The commands send what is in --token-file FILE, else TELLTALE_READ_TOKEN, else TELLTALE_TOKEN.';

/** Whether an address is this machine's own and no other's. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function tokenCheck(
  kind: string,
  token: string | undefined,
  how: string,
): (authorization: string | undefined) => Denial | undefined {
  if (token === undefined) return () => undefined;
  const expected = digest(token);
  return (authorization) => {
    const given = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1];
    // Digests have one length, and nothing of the token can be told from how soon two of them differ.
    if (given !== undefined && timingSafeEqual(digest(given.trim()), expected)) return undefined;
    const got = authorization === undefined ? 'none' : 'another';
    const message = `Expected Authorization: Bearer with the ${kind} token, got ${got}. ${how}`;
    const error = given === undefined ? '' : ', error="invalid_token"';
    return { status: 401, message, headers: { 'WWW-Authenticate': `Bearer realm="telltale"${error}` } };
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The name or address of a host, spelled as a URL has it; undefined where the text is anything else, or more. */
export function readHostName(text: string): string | undefined {
  // With a port that only ends what is a host alone: after a path it is part of that, after a port an error.
  const url = URL.parse(`http://${text}:1`);
  const alone = url !== null && url.href === `http://${url.hostname}:1/`;
  return alone && !text.includes('*') ? nameOf(url) : undefined;
}

/** Without the brackets of an IPv6 address. */
function nameOf(url: URL | null): string {
  return url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
}

/** A page of evil.example may point its own name here (DNS rebinding); its requests still say that name. */
function checkHost(
  { host = '' }: IncomingHttpHeaders,
  hosts: ReadonlySet<string> | undefined,
): Denial | undefined {
  if (hosts === undefined) return undefined;
  const name = nameOf(URL.parse(`http://${host}`));
  if (isLoopback(name) || hosts.has(name)) return undefined;
  const message =
    `Expected Host to be localhost, 127.0.0.1, [::1] or a name given with --allowed-host, got ${JSON.stringify(host.slice(0, 100))}. ` +
    'If that name is yours, start telltale up with --allowed-host NAME.';
  return { status: 403, message, headers: {} };
}

/** Only a page that came from here may ask the API in a browser; a link that is followed is no page that asks. */
function checkSite(headers: IncomingHttpHeaders): Denial | undefined {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const own = origin === undefined || URL.parse(origin)?.host === host;
  const asked = site === undefined || site === 'same-origin' || site === 'none';
  if (own && (asked || headers['sec-fetch-mode'] === 'navigate')) return undefined;
  const from = origin === undefined ? 'another site' : origin.slice(0, 100);
  return { status: 403, message: `A page of ${from} may not ask this API.`, headers: {} };
}
