import { fileURLToPath } from 'node:url';

const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * Starts the payment gateway, and the shop twice: with Telltale, and the same without.
 *
 * @param {ReturnType<typeof import('./children.js').createChildren>} children
 * @param {string} otlp where the telemetry goes
 */
export async function startShops(children, otlp) {
  // Nothing of the caller's own settings: a header, a sampler or an exporter would change the demo.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL|TELLTALE|FLAGD|PORT$|SHOP|PAYMENTS)/.test(name),
  );
  const env = Object.fromEntries(own);

  const [paymentsUrl] = await children.start(
    'the payment gateway',
    [path('payments.js')],
    env,
    /listens on (\S+)/,
  );
  const shopEnv = {
    ...env,
    PAYMENTS_URL: paymentsUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    // The defaults are for a service that runs for weeks; here somebody waits for the last second's telemetry.
    OTEL_METRIC_EXPORT_INTERVAL: '2000',
    OTEL_METRIC_EXPORT_TIMEOUT: '2000',
    OTEL_BSP_SCHEDULE_DELAY: '1000',
    OTEL_BLRP_SCHEDULE_DELAY: '1000',
    // Room for what a shop at full speed writes in a second. Batches stay small: a large one, while it is
    // encoded, keeps requests waiting.
    OTEL_BSP_MAX_QUEUE_SIZE: '16384',
    OTEL_BLRP_MAX_QUEUE_SIZE: '16384',
  };
  const start = async (/** @type {string} */ name, /** @type {string} */ bridge) => {
    const args = ['--import', path('telemetry.js'), path('app.js')];
    const [url] = await children.start(name, args, { ...shopEnv, SHOP_BRIDGE: bridge }, /listens on (\S+)/);
    return url;
  };
  return {
    withTelltale: await start('the shop', 'on'),
    withoutTelltale: await start('the shop without Telltale', 'off'),
  };
}
