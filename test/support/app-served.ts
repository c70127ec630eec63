import type { RequestListener } from 'node:http';
import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import type { RequestHandler } from 'express';
import { TelltaleHook } from '../../src/hooks/openfeature.js';
import { listen } from './app-listen.js';
import type { Sdk } from './app-sdk.js';

/** A real flag `flag`, which is on for everyone, and our hook. */
export async function provideFlag(): Promise<void> {
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider({
      flag: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
    }),
  );
  OpenFeature.addHooks(new TelltaleHook());
}

export function evaluate(): Promise<boolean> {
  return OpenFeature.getClient().getBooleanValue('flag', false);
}

/** Evaluates the flag and answers; fails after the evaluation where `?end=error` asks for it. */
export const answer: RequestHandler = (request, response, next) => {
  evaluate().then(() => {
    if (request.query.end === 'error') next(new RangeError('sold out'));
    else response.end('ok');
  }, next);
};

/** Tells when responses have closed and everything that listens for it was called. */
export interface Closing {
  readonly listener: RequestListener;
  /** Resolves once that many have closed. */
  closed(count: number): Promise<void>;
}

export function closing(application: RequestListener): Closing {
  let closed = 0;
  let wake = (): void => {};
  return {
    listener(request, response) {
      response.on('close', () => {
        // Listens before the middleware does, hence the turn in between.
        setImmediate(() => {
          closed += 1;
          wake();
        });
      });
      application(request, response);
    },
    async closed(count) {
      while (closed < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** Serves one request, and gives the points once its operation has ended. */
export async function served(
  sdk: Sdk,
  application: RequestListener,
  path: string,
): Promise<DataPoint<unknown>[]> {
  const { listener, closed } = closing(application);
  await using server = await listen(listener);
  await fetch(server.url + path)
    .then((response) => response.text())
    // A response broken off is one of the things to measure.
    .catch(() => {});
  await closed(1);
  return sdk.points('telltale.operation.duration');
}
