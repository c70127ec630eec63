/** google.rpc.Code by HTTP status, for the body of a refusal. */
const RPC_CODES = { 400: 3, 404: 5, 405: 12, 413: 8, 415: 3, 500: 13, 503: 14 } as const;

export type RefusalStatus = keyof typeof RPC_CODES;

/** A request that is answered with an error status. Stays inside the receiver. */
export class HttpRefusal extends Error {
  readonly status: RefusalStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: RefusalStatus, message: string, headers: Readonly<Record<string, string>>) {
    super(message);
    this.name = 'HttpRefusal';
    this.status = status;
    this.headers = headers;
  }

  get rpcCode(): number {
    return RPC_CODES[this.status];
  }
}

export function refuse(
  status: RefusalStatus,
  message: string,
  headers: Record<string, string> = {},
): HttpRefusal {
  return new HttpRefusal(status, message, headers);
}
