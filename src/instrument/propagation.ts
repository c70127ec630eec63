import { subscribe } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { formatEntry, withoutFlagEntries } from '../core/baggage-header.js';
import { countDrop } from '../core/drops.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { type HostRule, isMeant, parseHostRule } from '../core/hosts.js';
import { peekScope, type Scope } from '../core/scope.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from '../core/semconv.js';
import { settings } from '../core/settings.js';
import {
  type FetchRequest,
  fetchTargets,
  type HttpRequest,
  httpTargets,
  type Targets,
} from './propagation-targets.js';

const PART = 'the baggage of outgoing requests';

const HEADER = 'baggage';

/** Bytes of a whole `baggage` header that everyone has to pass on; some drop all of a longer one. */
const MAX_HEADER_BYTES = 8_192;

interface OutgoingHttp extends HttpRequest {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  removeHeader(name: string): void;
}

interface OutgoingFetch extends FetchRequest {
  /** Names and values in turn; a text in old versions of undici. */
  readonly headers: unknown;
  addHeader?(name: string, value: string): unknown;
}

let isWatching = false;
let rules: readonly HostRule[] = [];
let keys: readonly string[] = [];

/** Sends flags with outgoing requests from now on, where the settings say which and to whom. */
export function startPropagation(): void {
  const { flags, sendTo } = settings().baggage;
  if (flags.length > 0 && sendTo.length > 0) watchRequests();
}

/**
 * Looks at every outgoing request of this process from now on: hosts that are meant get the flags of the operation
 * it belongs to, all others get none, whoever put one into the header. Node's diagnostics channels tell, with
 * OpenTelemetry and without.
 */
export function watchRequests(): void {
  if (isWatching) return;
  isWatching = true;
  const { flags, sendTo } = settings().baggage;
  keys = [...new Set(flags)];
  rules = sendTo.map(parseHostRule).filter((rule) => rule !== undefined);
  subscribe('http.client.request.created', (message) => {
    // What a subscriber throws would end the process.
    try {
      onHttpRequest((message as { readonly request: OutgoingHttp }).request);
    } catch (error) {
      takeFault(PART, error);
    }
  });
  subscribe('undici:request:create', (message) => {
    try {
      onFetchRequest((message as { readonly request: OutgoingFetch }).request);
    } catch (error) {
      takeFault(PART, error);
    }
  });
}

function onHttpRequest(request: OutgoingHttp): void {
  // Headers given as an array, or with `Expect`, are fixed by now.
  if (request.headersSent) return;
  const given = request.getHeader(HEADER);
  const before = given === undefined ? '' : String(given);
  const after = headerFor(before, () => httpTargets(request));
  if (after === before) return;
  if (after === '') request.removeHeader(HEADER);
  else request.setHeader(HEADER, after);
}

function onFetchRequest(request: OutgoingFetch): void {
  const { headers } = request;
  if (typeof request.addHeader !== 'function') return;
  const lines: unknown[] = Array.isArray(headers) ? headers : [];
  const before = lines.filter((_, index) => isBaggageValue(lines, index)).join(',');
  const after = headerFor(before, () => fetchTargets(request));
  if (after === before) return;
  for (let index = lines.length - 1; index > 0; index -= 2) {
    if (isBaggageValue(lines, index)) lines.splice(index - 1, 2);
  }
  if (after !== '') request.addHeader(HEADER, after);
}

function isBaggageValue(lines: readonly unknown[], index: number): boolean {
  const name = index % 2 === 1 ? lines[index - 1] : undefined;
  return typeof name === 'string' && name.toLowerCase() === HEADER;
}

/** The header as it has to be. Others' entries stay; only those of flags are ours to put and to take out. */
function headerFor(before: string, targets: () => Targets): string {
  const others = before.includes(ATTR_PREFIX_FEATURE_FLAGS) ? withoutFlagEntries(before) : before;
  // Whatever turned it off, no stranger gets a flag.
  const scope = isDisabled(PART) ? undefined : peekScope(context.active());
  if (scope === undefined || scope.ended || scope.flags.size === 0) return others;
  if (!targets().every((target) => target !== undefined && isMeant(rules, target))) return others;
  const comma = others === '' ? '' : ',';
  const room = Math.min(settings().limits.baggageBytes, MAX_HEADER_BYTES - others.length - comma.length);
  const own = entriesFor(scope, room);
  return own === '' ? others : others + comma + own;
}

/** The entries of the flags that may travel, in the order of the settings, as far as there is room. */
function entriesFor(scope: Scope, room: number): string {
  let entries = '';
  for (const key of keys) {
    const state = scope.flags.get(key);
    const variant = state?.variant.name;
    if (state === undefined || variant === undefined || variant === '') continue;
    const entry = formatEntry({ key, variant, assignment: state.assignment, version: state.version });
    const longer = entries === '' ? entry : `${entries},${entry}`;
    if (longer.length <= room) entries = longer;
    else {
      countDrop(
        'baggage_bytes',
        () => `there is room for ${room} bytes of baggage; "${key}" is not sent to the next service.`,
      );
    }
  }
  return entries;
}
