// An Express application with five flags a request, in one of the ways that are compared. The parent process sends
// the load, and asks for the CPU time.
import { register } from 'node:module';
import { isInstalled } from './subjects.js';

/** @type {'bare' | 'empty' | 'telltale' | 'full' | 'official'} */
const variant = process.argv[2];
/** Share of the traces that is sampled. */
const sampled = Number(process.argv[3] ?? 1);
const KEYS = ['new-checkout', 'search', 'recommendations', 'express-delivery', 'dark-mode'];

async function startTelemetry() {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const { ExpressInstrumentation } = await import('@opentelemetry/instrumentation-express');
  const { startSdk } = await import('./sdk.js');
  // As telltale/node sets it up: a middleware that only observes is no span.
  const ignoreLayers = [/^middleware - (flagObservabilityMiddleware|emptyMiddleware)$/];
  const instrumentations = [new HttpInstrumentation(), new ExpressInstrumentation({ ignoreLayers })];
  startSdk({ instrumentations, sampled, ...(await extensions()) });
}

/** What an application adds to its SDK for Telltale. */
async function extensions() {
  if (variant !== 'telltale' && variant !== 'full') return {};
  const { FeatureFlagSpanProcessor, telltaleViews } = await import('telltale/node');
  if (variant === 'telltale') return { views: telltaleViews() };
  return {
    views: telltaleViews({ httpFlags: KEYS.slice(0, 2) }),
    spanProcessors: [new FeatureFlagSpanProcessor()],
  };
}

async function hooks() {
  if (variant === 'bare') return [];
  if (variant === 'empty') return [{ finally() {} }];
  if (variant === 'official') {
    const { EventHook, MetricsHook, SpanEventHook } = await import('@openfeature/open-telemetry-hooks');
    return [new EventHook(), new MetricsHook(), new SpanEventHook()];
  }
  const { TelltaleHook } = await import('telltale/openfeature');
  return [new TelltaleHook()];
}

async function middleware() {
  if (variant !== 'telltale' && variant !== 'full') {
    return function emptyMiddleware(_request, _response, next) {
      next();
    };
  }
  const { flagObservability } = await import('telltale/express');
  return flagObservability();
}

if (variant === 'official' && !isInstalled('@openfeature/open-telemetry-hooks')) process.exit(64);
if (variant !== 'bare') await startTelemetry();
const { trace } = await import('@opentelemetry/api');
const { default: express } = await import('express');
const { InMemoryProvider, OpenFeature } = await import('@openfeature/server-sdk');

const variants = { on: true, off: false };
const flag = { variants, defaultVariant: 'off', disabled: false, contextEvaluator: () => 'on' };
await OpenFeature.setProviderAndWait(
  new InMemoryProvider(Object.fromEntries(KEYS.map((key) => [key, flag]))),
);
const flags = OpenFeature.getClient();
flags.addHooks(...(await hooks()));

const tracer = trace.getTracer('bench');
const app = express();
app.use(await middleware());
app.get('/products/:id', async (request, response) => {
  const who = { targetingKey: request.params.id };
  const shown = {};
  for (const key of KEYS) shown[key] = await flags.getBooleanValue(key, false, who);
  tracer.startSpan('query').end();
  response.json(shown);
});
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit(0));
