import type { Http2Stream } from 'node:http2';

/** What grpc-js keeps to itself of a call, and nothing else tells. */
export interface CallInternals {
  readonly stream: Http2Stream;
  /** What a message is inflated with where its own flag says that it is compressed; `identity`: it is left as it is. */
  incomingEncoding: string;
}

/** undefined where a version calls them otherwise. */
export function internalsOf(call: object): CallInternals | undefined {
  if (!('stream' in call && 'incomingEncoding' in call)) return undefined;
  const { stream, incomingEncoding } = call;
  const known =
    stream instanceof Object &&
    'on' in stream &&
    'off' in stream &&
    'close' in stream &&
    typeof incomingEncoding === 'string';
  return known ? (call as CallInternals) : undefined;
}
