import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One operation, as a delta point of the exporters brings it. */
export interface StandInOperation {
  /** Unix seconds. */
  readonly time: number;
  readonly seconds: number;
  /** `telltale.operation.duration` by default. */
  readonly metric?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DatadogStandIn extends AsyncDisposable {
  readonly url: string;
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly queries: string[] }[];
}

const OPERATIONS = 'telltale.operation.duration';

interface Question {
  readonly from: number;
  readonly to: number;
  readonly queries: readonly { readonly name: string; readonly query: string }[];
}

/**
 * A stand-in for Datadog, which cannot be reached from here: it answers the queries that we write about these
 * operations, over real HTTP, in the shapes that Datadog documents for version 2 of its metrics queries.
 *
 * @param percentiles Whether they are switched on for the metric; without, such queries find nothing.
 */
export async function startDatadogStandIn(
  operations: readonly StandInOperation[],
  percentiles = true,
): Promise<DatadogStandIn> {
  const requests: DatadogStandIn['requests'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { data } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const question = data.attributes as Question;
    requests.push({ headers: request.headers, queries: question.queries.map(({ query }) => query) });
    if (question.from >= question.to) {
      response.writeHead(400).end(JSON.stringify({ errors: ['from must be before to'] }));
      return;
    }
    const answer = request.url === '/api/v2/query/scalar' ? scalars : timeseries;
    const known = (query: string): boolean => percentiles || /^(count|sum):/.test(query);
    const attributes = answer(question, operations, known);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { type: data.type.replace('request', 'response'), attributes } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Operations that a query is about, by the tags that it groups by. */
function grouped({ from, to }: Question, query: string, operations: readonly StandInOperation[]) {
  const parts = /^([^{]*):([\w.]+)\{(.*)\} by \{(.*)\}(?:\.as_count\(\)\.rollup\(sum, (\d+)\))?$/.exec(query);
  if (parts === null) throw new Error(`not a query that is known here: ${query}`);
  const [, aggregator = '', name = '', scope = '', by = '', seconds = '0'] = parts;
  const atMost = Number(/v<=([\d.]+)/.exec(aggregator)?.[1] ?? Number.POSITIVE_INFINITY);
  const holds = ({ time, tags, seconds: own, metric = OPERATIONS }: StandInOperation): boolean =>
    metric === name &&
    time * 1000 >= from &&
    time * 1000 < to &&
    own <= atMost &&
    (scope === '*' || scope.split(' AND ').every(all(tags)));
  const groups = new Map<string, StandInOperation[]>();
  for (const operation of operations.filter(holds)) {
    const key = by
      .split(',')
      .map((tag) => `${tag}:${operation.tags[tag] ?? 'N/A'}`)
      .join('\n');
    groups.set(key, [...(groups.get(key) ?? []), operation]);
  }
  return {
    groups,
    seconds: Number(seconds),
    percentile: Number(/^p(\d+)$/.exec(aggregator)?.[1] ?? Number.NaN),
  };
}

function all(tags: Readonly<Record<string, string>>) {
  return (condition: string): boolean => {
    if (condition.startsWith('NOT ')) return !all(tags)(condition.slice('NOT '.length));
    return condition
      .replace(/^\((.*)\)$/, '$1')
      .split(' OR ')
      .some((one) => tags[one.slice(0, one.indexOf(':'))] === one.slice(one.indexOf(':') + 1));
  };
}

type Known = (query: string) => boolean;

function timeseries(question: Question, operations: readonly StandInOperation[], known: Known) {
  const answered = question.queries.map(({ query }) =>
    grouped(question, query, known(query) ? operations : []),
  );
  const asked = answered[0]?.seconds ?? 1;
  // Datadog gives 1,500 points of a series, and enforces longer intervals where these would be more.
  const seconds = asked * Math.max(1, Math.ceil((question.to - question.from) / 1000 / asked / 1500));
  const block = (time: number): number => Math.floor(time / seconds) * seconds * 1000;
  const times = [...new Set(operations.map(({ time }) => block(time)))].sort((a, b) => a - b);
  const series = answered.flatMap(({ groups }, query) =>
    [...groups].map(([key, own]) => ({ key, own, query })),
  );
  return {
    times,
    series: series.map(({ key, query }) => ({ group_tags: key.split('\n'), query_index: query, unit: null })),
    values: series.map(({ own }) =>
      times.map((time) => own.filter((operation) => block(operation.time) === time).length || null),
    ),
  };
}

function scalars(question: Question, operations: readonly StandInOperation[], known: Known) {
  const answered = question.queries.map(({ name, query }) => ({
    name,
    ...grouped(question, query, known(query) ? operations : []),
  }));
  const keys = [...new Set(answered.flatMap(({ groups }) => [...groups.keys()]))];
  const [tag = ''] = (keys[0] ?? '').split(':');
  return {
    columns: [
      { type: 'group', name: tag, values: keys.map((key) => [key.slice(key.indexOf(':') + 1)]) },
      ...answered.map(({ name, groups, percentile }) => ({
        type: 'number',
        name,
        values: keys.map((key) => {
          const sorted = (groups.get(key) ?? []).map(({ seconds }) => seconds).sort((a, b) => a - b);
          return sorted[Math.ceil((sorted.length * percentile) / 100) - 1] ?? null;
        }),
      })),
    ],
  };
}
