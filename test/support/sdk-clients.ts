import { trace } from '@opentelemetry/api';
import { expect } from 'vitest';
import { isImpossible, type SdkCase, type SdkSubject } from '../sdks/subject.js';
import type { Sdk } from './app-sdk.js';

/** Personal, so that it may appear in no signal. */
export const UNIT = 'ada@example.org';

/** What the application got: a value, or what was thrown. */
type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

/** A subject's cases, and clients of it for one test. */
export interface SdkClients<Client> {
  /** Those that the SDK makes possible. */
  readonly cases: readonly { readonly name: string; readonly given: SdkCase<Client> }[];
  /** A client that nobody observes yet; of the boolean case where none is given. */
  readonly start: (given?: SdkCase<Client>) => Promise<Client>;
  readonly attach: (client: Client) => void;
  /** A client with the adapter attached. */
  readonly observed: (given?: SdkCase<Client>) => Promise<Client>;
  /** Stops all that were started. */
  readonly stop: () => Promise<void>;
}

/** @param entry The module of the subject's entry point. */
export function sdkClients<Client extends object, Entry>(
  subject: SdkSubject<Client, Entry>,
  entry: Entry,
): SdkClients<Client> {
  const started: Client[] = [];
  async function start(given: SdkCase<Client> = subject.cases.boolean): Promise<Client> {
    const client = await (given.start ?? subject.start)();
    started.push(client);
    return client;
  }
  function attach(client: Client): void {
    subject.attach(client, entry);
  }
  return {
    cases: Object.entries({ ...subject.cases, ...subject.more }).flatMap(([name, given]) =>
      isImpossible(given) ? [] : [{ name, given }],
    ),
    start,
    attach,
    async observed(given) {
      const client = await start(given);
      attach(client);
      return client;
    },
    async stop() {
      for (const client of started.splice(0)) await subject.stop(client);
    },
  };
}

/** The application gets what the SDK alone gives, and the very same object where that is one. */
export async function expectUntouched<Client>(
  clients: SdkClients<Client>,
  given: SdkCase<Client>,
): Promise<void> {
  const client = await clients.start(given);
  const bare = await outcomeOf(() => given.evaluate(client, UNIT));
  const again = await outcomeOf(() => given.evaluate(client, UNIT));
  clients.attach(client);
  const observed = await outcomeOf(() => given.evaluate(client, UNIT));
  expect(observed).toStrictEqual(bare);
  if (gotten(again) === gotten(bare)) expect(gotten(observed)).toBe(gotten(bare));
}

/** An evaluation leaves the active span as it was, and its record is of that span's trace. */
export async function expectContextKept<Client>(
  clients: SdkClients<Client>,
  { evaluate }: SdkCase<Client>,
  sdk: Sdk,
): Promise<void> {
  const client = await clients.observed();
  await trace.getTracer('test').startActiveSpan('work', async (span) => {
    await evaluate(client, UNIT);
    expect(trace.getActiveSpan()).toBe(span);
    span.end();
  });
  const [record] = sdk.logs.getFinishedLogRecords();
  expect(record?.spanContext?.traceId).toBe(sdk.spans.getFinishedSpans()[0]?.spanContext().traceId);
}

export async function outcomeOf(evaluate: () => unknown): Promise<Outcome> {
  try {
    return { value: await evaluate() };
  } catch (thrown) {
    return { thrown };
  }
}

function gotten(outcome: Outcome): unknown {
  return 'value' in outcome ? outcome.value : outcome.thrown;
}
