/** google.rpc.Code by HTTP status: for the body of a refusal, and the status of one over gRPC. */
const RPC_CODES = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
} as const;

export type RefusalStatus = keyof typeof RPC_CODES;

/**
 * Exporters give up ten seconds after the first attempt: a longer wait would lose the batch. Sent with 429 and 503,
 * and over gRPC as RetryInfo.
 */
export const RETRY_AFTER_SECONDS = 1;

/** Why a sender may not send, as whoever guards the receivers says it. */
export interface Denial {
  readonly status: 401 | 403;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that is answered with an error status. Stays inside the receivers. */
export class Refusal extends Error {
  readonly status: RefusalStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: RefusalStatus, message: string, headers: Readonly<Record<string, string>>) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }

  get rpcCode(): number {
    return RPC_CODES[this.status];
  }

  /** Whether the same request may be accepted later. */
  get retryable(): boolean {
    return this.status === 429 || this.status === 503;
  }
}

export function refuse(
  status: RefusalStatus,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal(status, message, headers);
}

/** What is refused now and may be accepted later. */
export function refuseForNow(status: 429 | 503, message: string): Refusal {
  return refuse(status, message, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}
