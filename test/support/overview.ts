import { expect, onTestFinished, vi } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { createApi } from '../../src/server/api.js';
import { listen } from '../../src/server/listener.js';
import { createBoards } from '../../src/server/page/boards.js';
import type { OverviewDocument, OverviewFlag } from '../../src/server/page/documents.js';
import type { KeptBoardOptions } from '../../src/server/page/kept-board.js';
import { createPulse } from '../../src/server/page/pulse.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import type { Store } from '../../src/store/store.js';
import { historyOf } from './changes.js';
import { exponentialPoint, resource, type Stream } from './points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const FAST = -21;

let months = 0;
/** A moment that no other test is near, so that one store serves them all. */
export function freshMoment(): number {
  months += 1;
  return T0 + months * 30 * 86_400;
}

/** A delta point of requests, none of them slow, reported at this time. */
export function requests(stream: Stream, time: number, count: number): Metric {
  return exponentialPoint(stream, { start: time - 1, time, scale: 2, buckets: new Map([[FAST, count]]) }, 1);
}

/** One request in ten with the treatment, and of those so many failed. */
export function release(flag: string, time: number, failed = 0, of = resource()): Metric[] {
  const stream = { flag, resource: of };
  return [
    requests({ ...stream, variant: 'off' }, time, 9000),
    requests({ ...stream, variant: 'on' }, time, 1000 - failed),
    ...(failed > 0 ? [requests({ ...stream, variant: 'on', errorType: '500' }, time, failed)] : []),
  ];
}

/** What was asked of the source. */
interface Asked {
  /** How often all flags were. */
  flags: number;
  /** Flags that were compared, one after the other. */
  readonly compared: string[];
  underWay: number;
  mostUnderWay: number;
}

/** Overviews of the store at this moment, behind a real API; parts of the source may be others. */
export async function overviews(
  store: Store,
  at: number,
  { with: parts = {}, ...over }: Partial<KeptBoardOptions> & { readonly with?: Partial<Source> } = {},
) {
  const pulse = createPulse();
  const source = { ...createClickHouseSource(store.query), ...parts };
  const asked: Asked = { flags: 0, compared: [], underWay: 0, mostUnderWay: 0 };
  const counting: Source = {
    ...source,
    async flags(window, filter) {
      // A comparison asks for its own flag.
      if (filter.flag === undefined) asked.flags += 1;
      return source.flags(window, filter);
    },
    async counts(selection, window, cut) {
      asked.compared.push(selection.flag);
      asked.underWay += 1;
      asked.mostUnderWay = Math.max(asked.mostUnderWay, asked.underWay);
      return source.counts(selection, window, cut).finally(() => {
        asked.underWay -= 1;
      });
    },
  };
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  let aheadMs = 0;
  const boards = createBoards({
    ...{ source: counting, changes: historyOf(store), parametersOf: () => ({ slow: '1s' }) },
    ...{
      pulse,
      now: () => at,
      clock: () => performance.now() + aheadMs,
      onError,
      onAltered: () => undefined,
    },
    ...{ times: { refreshMs: 10, rest: 0 }, ...over },
  });
  const handler = createApi({ routes: [boards.route], check: () => undefined, onError });
  const listener = await listen(handler, { host: '127.0.0.1', port: 0, option: '--port' });
  onTestFinished(async () => {
    await boards.stop();
    await listener.close();
  });
  const ask = (query: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${listener.url}/api/v1/overview?${new URLSearchParams(query)}`);
  const overview = async (query: Readonly<Record<string, string>> = {}): Promise<OverviewDocument> => {
    const answer = await ask(query);
    expect(answer.status).toBe(200);
    return (await answer.json()) as OverviewDocument;
  };
  return {
    ...{ ask, overview, pulse, asked, errors, boards },
    /** Lets the clock go on at once. */
    skip(ms: number): void {
      aheadMs += ms;
    },
    /** The overview when it is as the test says. */
    when: (
      holds: (document: OverviewDocument) => boolean,
      query: Readonly<Record<string, string>> = {},
    ): Promise<OverviewDocument> =>
      vi.waitFor(
        async () => {
          const document = await overview(query);
          expect(holds(document)).toBe(true);
          return document;
        },
        { timeout: 25_000, interval: 20 },
      ),
  };
}

/** All flags are compared. */
export const isSettled = ({ pending }: OverviewDocument): boolean => pending === 0;

export function flagOf({ flags }: OverviewDocument, name: string): OverviewFlag | undefined {
  return flags.find(({ flag }) => flag === name);
}
