import type { IncomingHttpHeaders } from 'node:http';
import { diag } from '@opentelemetry/api';
import type { Scope } from './scope.js';

/** What sends flags to other services and takes theirs. */
export interface Propagation {
  /** To be called before the first request that may be sent. */
  start(): void;
  /** Whether a text of `baggage.sendTo` names hosts. */
  isHostRule(text: string): boolean;
  /** Adds the flags that came with a request to its scope. */
  receive(scope: Scope, headers: IncomingHttpHeaders): void;
}

let propagation: Propagation | undefined;
let isMissed = false;

/**
 * Puts propagation in. Most applications have none, so the entry points that all of them load do without its code:
 * `telltale` and `telltale/node` bring it.
 */
export function providePropagation(provided: Propagation): void {
  propagation = provided;
}

/**
 * Starts propagation, and says so where it is configured and not there.
 *
 * @param flags Those that may travel.
 */
export function startPropagation(flags: readonly string[]): void {
  propagation?.start();
  if (propagation !== undefined || isMissed || flags.length === 0) return;
  isMissed = true;
  diag.warn('telltale: flags travel to no service yet: add `import "telltale"` or "telltale/node".');
}

/** Whether a text of `baggage.sendTo` names hosts; where nothing is sent it does not matter. */
export function isHostRule(text: string): boolean {
  return propagation?.isHostRule(text) ?? true;
}

/** Adds the flags that came with a request to its scope, where they are to be taken. */
export function receiveFlags(scope: Scope, headers: IncomingHttpHeaders): void {
  propagation?.receive(scope, headers);
}
