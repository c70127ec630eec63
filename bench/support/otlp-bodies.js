// OTLP export requests of 512 spans or exponential-histogram points each, and where in them the ids and times stand, so
// that one body can be sent again as other records.
import { randomBytes } from 'node:crypto';
import { bytesField, stringField, varintField } from '../../dist/otlp/wire-writer.js';

export const BATCH = 512;

const RESOURCE = {
  'service.name': 'checkout',
  'service.version': '1.4.2',
  'service.instance.id': '627cc493-f310-47de-96bd-71410b7dec09',
  'deployment.environment.name': 'production',
  'host.name': 'ip-10-2-3-4',
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '3.1.0',
};

/**
 * @typedef {{ path: string, body: Buffer, ids: number[], times: number[], ofTrace: number }} Template Offsets of 8 bytes each,
 * and how many spans have one trace.
 */

/** @type {Record<string, (number: number) => Template>} */
export const TEMPLATES = {
  spans: (number) => template('/v1/traces', (i) => bytesField(2, span(number * BATCH + i))),
  traces: (number) => ({ ...TEMPLATES.spans(number), ofTrace: 8 }),
  points: (number) => template('/v1/metrics', () => bytesField(2, metric(number)), 1),
};

/** Gives a template's records ids of their own and the present time, a microsecond apart. */
export function renew({ body, ids, times, ofTrace }, nowMs) {
  const random = randomBytes(8 * ids.length);
  // A span has three: two are its trace's.
  const idsOfTrace = 3 * ofTrace;
  ids.forEach((at, i) => {
    const from = 8 * (i % 3 === 2 ? i : i - (i % idsOfTrace) + (i % 3));
    random.copy(body, at, from, from + 8);
  });
  let nanos = BigInt(nowMs) * 1_000_000n;
  for (const at of times) {
    body.writeBigUInt64LE(nanos, at);
    nanos += 1000n;
  }
}

function template(path, item, items = BATCH) {
  const scope = bytesField(1, Buffer.concat([stringField(1, 'checkout-http'), stringField(2, '1.0.0')]));
  const records = Array.from({ length: items }, (_, i) => item(i));
  const group = [
    bytesField(1, Buffer.concat(attributes(1, RESOURCE))),
    bytesField(2, Buffer.concat([scope, ...records])),
  ];
  const body = bytesField(1, Buffer.concat(group));
  return { path, body, ids: places(body, ID), times: places(body, TIME), ofTrace: 1 };
}

/** What stands for an id or a time until it is renewed; nothing else in a body looks so. */
const ID = Buffer.from('\xff-an-id\xfe', 'latin1');
const TIME = Buffer.from('\xfd-time-\xfc', 'latin1');

function places(body, mark) {
  const found = [];
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) found.push(at);
  return found;
}

/** A SERVER span with 12 attributes, as an HTTP instrumentation and two flags make them. */
function span(number) {
  return Buffer.concat([
    bytesField(1, Buffer.concat([ID, ID])),
    bytesField(2, ID),
    stringField(5, `GET /products/:id/${['', 'reviews', 'stock'][number % 3]}`),
    varintField(6, 2),
    fixed64(7, TIME),
    fixed64(8, TIME),
    ...attributes(9, {
      'http.request.method': 'GET',
      'http.route': '/products/:id',
      'http.response.status_code': number % 50 === 0 ? 500 : 200,
      'url.path': `/products/${number * 7919}`,
      'url.scheme': 'https',
      'server.address': 'shop.example.com',
      'server.port': 8080,
      'client.address': `10.0.${number % 256}.${number % 199}`,
      'network.protocol.version': '1.1',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
      'feature_flags.new-checkout': number % 10 === 0 ? 'on' : 'off',
      'feature_flags.search': 'v2',
    }),
    bytesField(15, Buffer.alloc(0)),
  ]);
}

/** 512 points of `telltale.operation.duration`: 8 flags, 2 variants, 32 routes. */
function metric(number) {
  const points = Array.from({ length: BATCH }, (_, i) => bytesField(1, point(number, i)));
  return Buffer.concat([
    stringField(1, 'telltale.operation.duration'),
    stringField(2, 'Duration of operations, by each flag that was evaluated in them.'),
    stringField(3, 's'),
    bytesField(10, Buffer.concat([...points, varintField(2, 1)])),
  ]);
}

function point(number, i) {
  const counts = Array.from({ length: 24 }, (_, bucket) => 1 + ((number + i * bucket) % 300));
  const packed = Buffer.concat(counts.map((count) => varintField(1, count).subarray(1)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Buffer.concat([
    ...attributes(1, {
      'feature_flag.key': `flag-${i % 8}`,
      'feature_flag.result.variant': (i >> 3) % 2 === 0 ? 'on' : 'off',
      'telltale.assignment': 'assigned',
      'http.request.method': 'GET',
      'http.route': `/route-${i >> 4}/:id`,
      'http.response.status_code': 200,
    }),
    fixed64(2, TIME),
    fixed64(3, TIME),
    fixed64(4, wholeNumber(total)),
    fixed64(5, double(total * 0.05)),
    varintField(6, 2 * 3),
    bytesField(8, Buffer.concat([varintField(1, 2 * 40 - 1), bytesField(2, packed)])),
    fixed64(12, double(0.003)),
    fixed64(13, double(1.7)),
  ]);
}

function attributes(field, values) {
  return Object.entries(values).map(([key, value]) => {
    const any = typeof value === 'number' ? varintField(3, value) : stringField(1, value);
    return bytesField(field, Buffer.concat([stringField(1, key), bytesField(2, any)]));
  });
}

function fixed64(field, bytes) {
  return Buffer.concat([Buffer.from([field * 8 + 1]), bytes]);
}

function wholeNumber(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function double(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
