import type { Notice } from './notice.js';

/** Who is told. */
export interface Target {
  readonly kind: 'datadog' | 'grafana' | 'webhook';
  /** Names it in the store, after a restart too; tells nothing of its address. */
  readonly key: string;
  /** For messages: without what may be secret. */
  readonly name: string;
  readonly accepts: Notice['kind'];
  /** What is sent to tell a notice, at a moment in Unix seconds. */
  request(notice: Notice, now: number): OutgoingRequest;
}

/** A POST of JSON. */
export interface OutgoingRequest {
  readonly url: string;
  /** Beside the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
