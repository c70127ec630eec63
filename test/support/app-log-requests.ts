import express from 'express';
import { flagObservability } from '../../src/http/express.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { listen } from './app-listen.js';
import { EVALUATION, RECORDS_OFF } from './app-operation.js';

/** Serves an Express application in which `log` is called in two requests at once, each with its own variant. */
export async function logInTwoRequests(log: (what: string, request: string) => void): Promise<void> {
  const both: (() => void)[] = [];
  const app = express().use(flagObservability());
  app.get('/:variant', async (request, response) => {
    const { variant } = request.params;
    log('before', variant);
    recordEvaluation({ ...EVALUATION, key: 'new-checkout', variant }, RECORDS_OFF);
    const everyone = new Promise<void>((resolve) => both.push(resolve));
    if (both.length === 2) for (const go of both) go();
    await everyone;
    log('after', variant);
    response.end('ok');
  });
  await using server = await listen(app);
  await Promise.all(['on', 'off'].map(async (variant) => (await fetch(`${server.url}/${variant}`)).text()));
}

/** What {@link logInTwoRequests} has to lead to, by the request and what it logged. */
export const TWO_REQUESTS: Readonly<Record<string, string | undefined>> = {
  'on before': undefined,
  'off before': undefined,
  'on after': 'on',
  'off after': 'off',
};
