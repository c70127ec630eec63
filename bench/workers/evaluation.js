// Measures, in one process and request by request in turns, what each subject's hooks cost: the first evaluation
// of a flag in a request, the same once more, and the request's end. Prints medians over the empty hook, in
// microseconds for one flag.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { context, metrics, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { flagObservability } from 'telltale/express';
import { exported, startSdk } from './sdk.js';
import { KEYS, launchDarklySubjects, openFeatureSubjects } from './subjects.js';

const { sdk, flags, warmUp, requests, histogram } = JSON.parse(process.argv[2]);
const keys = KEYS.slice(0, flags);

const { flush } = startSdk();
const tracer = trace.getTracer('bench');
const subjects = await (sdk === 'launchdarkly' ? launchDarklySubjects() : openFeatureSubjects());
const middlewares = { telltale: flagObservability(), histogram: histogramMiddleware() };
const emptyMiddleware = (_request, _response, next) => next();
if (histogram) subjects.histogram = subjects.empty;

/** The peer of an operation's end: the SDK's own record, as often and with the same attributes. */
function histogramMiddleware() {
  const boundaries = Array.from({ length: 65 }, (_, index) => 2 ** ((index - 40) / 4));
  const advice = { explicitBucketBoundaries: boundaries };
  const instrument = metrics.getMeter('bench').createHistogram('peer', { unit: 's', advice });
  const sets = keys.map((key) => ({
    'feature_flag.key': key,
    'feature_flag.result.variant': 'on',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.route': '/products/:id',
    'telltale.assignment': 'assigned',
  }));
  return (_request, response, next) => {
    const start = performance.now();
    response.on('close', () => {
      const seconds = (performance.now() - start) / 1_000;
      for (const set of sets) instrument.record(seconds, set);
    });
    next();
  };
}

/** What the middleware reads of a response that is complete. */
class Response extends EventEmitter {
  headersSent = true;
  statusCode = 200;
  writableEnded = true;
  errored = null;
  getHeader(name) {
    return name === 'content-type' ? 'application/json' : undefined;
  }
}

/** A request as it is once the HTTP instrumentation and the middleware have seen it. */
function createRequest(name, index) {
  const span = tracer.startSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
  const metadata = { type: RPCType.HTTP, span, route: '/products/:id' };
  const active = setRPCMetadata(trace.setSpan(ROOT_CONTEXT, span), metadata);
  const request = { method: 'GET', socket: { readableEnded: false, errored: null } };
  const response = new Response();
  const middleware = middlewares[name] ?? emptyMiddleware;
  const run = context.with(active, () => {
    let snapshot;
    middleware(request, response, () => {
      snapshot = AsyncLocalStorage.snapshot();
    });
    return snapshot;
  });
  return { span, response, run, user: `user-${index}` };
}

async function evaluateAll(evaluate, user) {
  for (const key of keys) await evaluate(key, user);
}

/** One request from its first evaluation to its end. Microseconds for one evaluation. */
async function serve(name, number) {
  const evaluate = subjects[name];
  const { span, response, run, user } = createRequest(name, number);
  const start = performance.now();
  await run(evaluateAll, evaluate, user);
  const first = performance.now();
  await run(evaluateAll, evaluate, user);
  const again = performance.now();
  response.emit('finish');
  response.emit('close');
  const end = performance.now();
  span.end();
  const per = (ms) => (ms * 1_000) / flags;
  return { first: per(first - start), again: per(again - first), end: per(end - again) };
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const names = Object.keys(subjects);
const measured = Object.fromEntries(names.map((name) => [name, []]));
const logs = Object.fromEntries(names.map((name) => [name, 0]));
for (let number = 0; number < warmUp + requests; number += 1) {
  for (let place = 0; place < names.length; place += 1) {
    const name = names[(place + number) % names.length];
    const figures = await serve(name, number);
    if (number >= warmUp) measured[name].push(figures);
  }
  // Before the queues of the batch processors are full, which would make the rest cheaper.
  if (number % 10 === 0) await flush();
}
// How many records each subject makes, apart from the timing.
for (const name of names) {
  await flush();
  const before = exported.logs;
  await serve(name, 0);
  await flush();
  logs[name] = (exported.logs - before) / flags;
}

// Paired: what else ran on the machine touched a subject and the empty hook next to it alike. Medians: a request
// that was interrupted, by the machine or the garbage collector, tells nothing.
const result = {};
for (const name of names) {
  const over = (what) => median(measured[name].map((one, index) => one[what] - measured.empty[index][what]));
  const own = median(measured[name].map((one) => one.first));
  result[name] = { own, logs: logs[name], first: over('first'), again: over('again'), end: over('end') };
}
console.log(JSON.stringify(result));
process.exit(0);
