import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** One request, as its route sees it. */
export interface ApiRequest {
  /** What stands at the `:name` places of the route's path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /**
   * The whole body, as it came, of at most so many bytes.
   *
   * @throws BackendError `too-large`, `overloaded`, `bad-request`
   */
  body(maxBytes: number): Promise<Buffer>;
}

export interface ApiReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Beside those that every answer has, or in their place; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the answer goes on after its body: is given the response then, and ends it at some time. */
  readonly goOn?: (response: ServerResponse) => void;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Such as `/api/v1/flags/:key/comparison`; `:name` is one segment. */
  readonly path: string;
  /** Answered to whoever asks: it tells nothing of the data, or checks by itself who asks. */
  readonly open?: true;
  /** @throws BackendError, which is the answer */
  handle(request: ApiRequest): Promise<ApiReply>;
}

export function json(value: unknown, status = 200): ApiReply {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}

/** The segments of `pathname` at the `:name` places of `path`, as they stand there; undefined where it is another path. */
export function matchPath(path: string, pathname: string): Record<string, string> | undefined {
  const expected = path.split('/');
  const got = pathname.split('/');
  if (expected.length !== got.length) return undefined;
  const found: Record<string, string> = {};
  for (const [i, name] of expected.entries()) {
    const segment = got[i] ?? '';
    if (name.startsWith(':') && segment !== '') found[name.slice(1)] = segment;
    else if (name !== segment) return undefined;
  }
  return found;
}
