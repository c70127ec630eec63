// A small shop behind four feature flags. Run it with its telemetry, and a payment gateway beside it:
//
//   PAYMENTS_URL=http://127.0.0.1:4700 PORT=3000 node --import ./telemetry.js app.js

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OpenFeature } from '@openfeature/server-sdk';
import express from 'express';
import { flagErrors, flagObservability } from 'telltale/express';
import { TelltaleHook } from 'telltale/openfeature';
import { createCatalogue } from './catalogue.js';
import { createCheckout } from './checkout.js';
import { openDatabase } from './database.js';
import { createPaymentClient } from './payment-client.js';

const app = express();

// SHOP_BRIDGE=off is the same shop without Telltale, to compare the throughput of the two.
const bridged = process.env.SHOP_BRIDGE !== 'off';
if (bridged) {
  OpenFeature.addHooks(new TelltaleHook());
  app.use(flagObservability());
}

// FLAGD_HOST names a flagd that sends the flags and every change of them; without it they are those of flags.json.
const source = process.env.FLAGD_HOST
  ? {}
  : { offlineFlagSourcePath: fileURLToPath(new URL('flags.json', import.meta.url)) };
await OpenFeature.setProviderAndWait(new FlagdProvider({ resolverType: 'in-process', ...source }));
const flags = OpenFeature.getClient();
const db = openDatabase();
const catalogue = createCatalogue(db);
const { checkout, newCheckout } = createCheckout(db, createPaymentClient(process.env.PAYMENTS_URL));

app.use(express.json());

app.get('/products', async (req, res) => {
  const term = req.query.q;
  if (typeof term !== 'string') return void res.json(catalogue.list());
  const fast = await flags.getBooleanValue('fast-search', false, shopper(req));
  res.json(catalogue.search(term, fast));
});

app.get('/products/:id', async (req, res) => {
  const product = catalogue.product(Number(req.params.id));
  if (!product) return void res.status(404).json({ error: 'There is no such product.' });
  const v2 = await flags.getBooleanValue('recommendations-v2', false, shopper(req));
  res.json({ ...product, recommendations: catalogue.recommend(product, v2) });
});

app.get('/cart', async (req, res) => {
  const who = shopper(req);
  const beta = await flags.getBooleanValue('beta-cart', false, who);
  res.json(catalogue.cart(who.targetingKey, beta));
});

app.post('/cart', async (req, res) => {
  const who = shopper(req);
  const beta = await flags.getBooleanValue('beta-cart', false, who);
  catalogue.addToCart(who.targetingKey, req.body.id, req.body.quantity);
  res.status(201).json(catalogue.cart(who.targetingKey, beta));
});

app.post('/checkout', async (req, res) => {
  const who = shopper(req);
  const basket = { ...req.body, session: who.targetingKey };
  const isNew = await flags.getBooleanValue('new-checkout', false, who);
  res.status(201).json(await (isNew ? newCheckout(basket) : checkout(basket)));
});

/**
 * Whom the flags are evaluated for: what the sign-in in front of the shop says about a session.
 *
 * @param {express.Request} req
 */
function shopper(req) {
  return {
    targetingKey: req.get('x-session-id') ?? randomUUID(),
    email: req.get('x-email') ?? '',
    region: req.get('x-region') ?? '',
  };
}

/** @type {express.ErrorRequestHandler} */
const answerError = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  res.status(error.status ?? 500).json({ error: error.status ? error.message : 'Something went wrong.' });
};
// Names the exception of a failed request; before what answers it.
if (bridged) app.use(flagErrors());
app.use(answerError);

const server = app.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', () => {
  console.log(`shop listens on http://127.0.0.1:${server.address().port}`);
});

// Longer than the clients keep an idle connection, so that none is closed while a request is on its way.
server.keepAliveTimeout = 65_000;

// What telemetry is waiting goes out when nothing is left to do. Where the backend is gone its retries would
// keep the process alive, hence the limit.
process.once('SIGTERM', () => {
  server.close();
  void OpenFeature.close();
  setTimeout(() => process.exit(), 10_000).unref();
});
