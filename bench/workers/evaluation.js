// Measures, in one process and in interleaved rounds, what each subject's hooks cost: the first evaluation of a
// flag in a request, the same once more, and the request's end. Prints the medians, in microseconds of CPU.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { flagObservability } from 'telltale/express';
import { exported, startSdk } from './sdk.js';
import { KEYS, launchDarklySubjects, openFeatureSubjects } from './subjects.js';

const { sdk, flags, warmUp, rounds } = JSON.parse(process.argv[2]);
// Few enough records for the batch processor's queue, which is emptied between rounds.
const requests = Math.min(300, Math.floor(1_500 / flags));
const keys = KEYS.slice(0, flags);

const { flush } = startSdk();
const tracer = trace.getTracer('bench');
const subjects = await (sdk === 'launchdarkly' ? launchDarklySubjects() : openFeatureSubjects());
const middlewares = { telltale: flagObservability() };
const emptyMiddleware = (_request, _response, next) => next();

/** What the middleware reads of a response that is complete. */
class Response extends EventEmitter {
  headersSent = true;
  statusCode = 200;
  writableFinished = true;
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

async function evaluateIn(served, evaluate) {
  for (const { run, user } of served) await run(evaluateAll, evaluate, user);
}

/** Microseconds of CPU, all threads, that `work` takes; nothing older is collected meanwhile. */
async function cpu(work) {
  globalThis.gc({ type: 'minor' });
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function round(name, number) {
  const evaluate = subjects[name];
  const served = Array.from({ length: requests }, (_, index) => createRequest(name, number * requests + index));
  const evaluations = requests * flags;
  const first = (await cpu(() => evaluateIn(served, evaluate))) / evaluations;
  const again = (await cpu(() => evaluateIn(served, evaluate))) / evaluations;
  const end = (await cpu(() => served.forEach(({ response }) => response.emit('close')))) / evaluations;
  for (const { span } of served) span.end();
  await flush();
  return { first, again, end };
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const names = Object.keys(subjects);
const measured = Object.fromEntries(names.map((name) => [name, []]));
for (let number = 0; number < warmUp + rounds; number += 1) {
  for (let turn = 0; turn < names.length; turn += 1) {
    const name = names[(turn + number) % names.length];
    const logsBefore = exported.logs;
    const figures = await round(name, number);
    if (number < warmUp) continue;
    measured[name].push({ ...figures, logs: (exported.logs - logsBefore) / (requests * flags) });
  }
}

// Paired: what else ran on the machine meanwhile touched a subject and the empty hook of the same round alike.
const result = {};
for (const name of names) {
  const over = (what) => median(measured[name].map((one, index) => one[what] - measured.empty[index][what]));
  const own = (what) => median(measured[name].map((one) => one[what]));
  result[name] = {
    first: own('first'),
    logs: own('logs'),
    overEmpty: { first: over('first'), again: over('again'), end: over('end') },
  };
}
console.log(JSON.stringify(result));
process.exit(0);
