import type { IncomingMessage } from 'node:http';
import type { plugins } from 'dd-trace';
import express from 'express';
import { expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { flagTags } from '../../src/http/dd-trace.js';
import { flagObservability } from '../../src/http/express.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { listen } from '../support/app-listen.js';
import { EVALUATION, RECORDS_OFF } from '../support/app-operation.js';

// What dd-trace's own types take: the compiler is the test.
const CONFIGURATIONS: readonly [plugins.express, plugins.fastify, plugins.koa, plugins.hono, plugins.http] = [
  { hooks: { request: flagTags() } },
  { hooks: { request: flagTags() } },
  { hooks: { request: flagTags() } },
  { hooks: { request: flagTags() } },
  { hooks: { request: flagTags() }, server: { hooks: { request: flagTags() } } },
];

/** A span that keeps its tags, or cannot. */
function createSpan(isBroken = false): { tags: Record<string, string>; addTags(tags: object): void } {
  const tags = {};
  return {
    tags,
    addTags(added) {
      if (isBroken) throw new Error('no tags today');
      Object.assign(tags, added);
    },
  };
}

/** A request of a real server that evaluated a flag, or did not. */
async function request(evaluates: boolean): Promise<IncomingMessage> {
  let seen: IncomingMessage | undefined;
  const app = express().use(flagObservability());
  app.get('/', (incoming, response) => {
    seen = incoming;
    if (evaluates) recordEvaluation(EVALUATION, RECORDS_OFF);
    response.end('ok');
  });
  await using server = await listen(app);
  await (await fetch(server.url)).text();
  if (seen === undefined) throw new Error('no request came');
  return seen;
}

it('tags the span of a request that evaluated flags, also after its end', async () => {
  const span = createSpan();
  flagTags()(span, await request(true));
  expect(span.tags).toEqual({ 'feature_flags.flag': 'on' });
});

it('leaves spans alone of requests that evaluated nothing, are unknown, or are none', async () => {
  const span = createSpan(true);
  const hook = flagTags();
  const faults = dropCounts().get('fault') ?? 0;
  hook(span, await request(false));
  hook(span, { method: 'GET' } as IncomingMessage);
  hook(span);
  hook();
  expect(dropCounts().get('fault') ?? 0).toBe(faults);
});

it('keeps what goes wrong to itself, for dd-trace would let it end the process', async () => {
  const faults = dropCounts().get('fault') ?? 0;
  flagTags()(createSpan(true), await request(true));
  expect(dropCounts().get('fault')).toBe(faults + 1);
});

it('counts where it was added without the call, and does not throw', () => {
  const faults = dropCounts().get('fault') ?? 0;
  const { request: hook }: { request: (...args: unknown[]) => unknown } = { request: flagTags as never };
  hook(createSpan(), {});
  expect(dropCounts().get('fault')).toBe(faults + 1);
});

it("is a hook of dd-trace's integrations for web frameworks", () => {
  for (const { hooks } of CONFIGURATIONS) expect(hooks?.request).toBeTypeOf('function');
});
