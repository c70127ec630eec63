import { AsyncLocalStorage } from 'node:async_hooks';
import { type LoggerOptions, pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { flagMixin } from '../../src/logs/pino.js';
import { logInTwoRequests, TWO_REQUESTS } from '../support/app-log-requests.js';
import { inOperation, serve } from '../support/app-operation.js';
import { breakContext, installSdk } from '../support/app-sdk.js';

const FIELD = 'feature_flags.new-checkout';

beforeEach(() => {
  installSdk();
});

/** A logger of the real library, and what it wrote: the text of each line, so that a field that is there twice shows. */
function createLogger(options: LoggerOptions = { mixin: flagMixin() }): {
  logger: pino.Logger;
  lines: string[];
} {
  const lines: string[] = [];
  const logger = pino(
    { base: null, timestamp: false, ...options },
    { write: (line) => void lines.push(line.trim()) },
  );
  return { logger, lines };
}

describe('the mixin', () => {
  it('writes the variants of its own request, where two run at once', async () => {
    const { logger, lines } = createLogger();
    await logInTwoRequests((what, request) => logger.info({ request }, what));
    const written = lines
      .map((line) => JSON.parse(line))
      .map((line) => [`${line.request} ${line.msg}`, line[FIELD]]);
    expect(Object.fromEntries(written)).toEqual(TWO_REQUESTS);
  });

  it('writes nothing outside an operation', () => {
    const { logger, lines } = createLogger();
    logger.info('hello');
    expect(lines).toEqual(['{"level":30,"msg":"hello"}']);
  });

  it('writes nothing once the operation has ended, whatever timer it started', () => {
    const { logger, lines } = createLogger();
    let timer = (): void => {};
    serve({ key: 'new-checkout' }, {}, () => {
      timer = AsyncLocalStorage.bind(() => logger.info('timer'));
    });
    timer();
    expect(lines).toEqual(['{"level":30,"msg":"timer"}']);
  });

  it('keeps nothing from one line to the next', () => {
    const { logger, lines } = createLogger();
    const given = Object.freeze({ mine: 1 });
    inOperation({ 'new-checkout': 'on' }, () => {
      logger.info(given, 'one');
      logger.info('two');
    });
    logger.info('three');
    expect(lines).toEqual([
      `{"level":30,"${FIELD}":"on","mine":1,"msg":"one"}`,
      `{"level":30,"${FIELD}":"on","msg":"two"}`,
      '{"level":30,"msg":"three"}',
    ]);
  });

  it('leaves a field that the call has', () => {
    const { logger, lines } = createLogger();
    inOperation({ 'new-checkout': 'on' }, () => logger.info({ [FIELD]: 'mine' }, 'hello'));
    expect(lines).toEqual([`{"level":30,"${FIELD}":"mine","msg":"hello"}`]);
  });

  it('leaves a field that a child logger has, and only that one', () => {
    const { logger, lines } = createLogger();
    const child = logger.child({ [FIELD]: 'mine' });
    const other = logger.child({ about: { [FIELD]: 'nested' } });
    inOperation({ 'new-checkout': 'on', search: 'fast' }, () => {
      child.info('hello');
      other.info('hello');
    });
    expect(lines).toEqual([
      `{"level":30,"${FIELD}":"mine","feature_flags.search":"fast","msg":"hello"}`,
      `{"level":30,"about":{"${FIELD}":"nested"},"${FIELD}":"on","feature_flags.search":"fast","msg":"hello"}`,
    ]);
  });

  it("writes the fields of the application's own mixin, which win", () => {
    const calls: unknown[][] = [];
    const own = (...args: unknown[]): object => {
      calls.push(args);
      return { own: calls.length, [FIELD]: 'mine' };
    };
    const { logger, lines } = createLogger({ mixin: flagMixin(own) });
    const given = { call: 'yes' };
    logger.warn(given, 'outside');
    inOperation({ 'new-checkout': 'on', search: 'fast' }, () => logger.info('inside'));
    expect(lines).toEqual([
      `{"level":40,"own":1,"${FIELD}":"mine","call":"yes","msg":"outside"}`,
      `{"level":30,"${FIELD}":"mine","feature_flags.search":"fast","own":2,"msg":"inside"}`,
    ]);
    expect(calls[0]).toEqual([given, 40, logger]);
  });

  it("leaves what the application's own mixin throws to the application", () => {
    const { logger } = createLogger({
      mixin: flagMixin(() => {
        throw new Error('mine');
      }),
    });
    expect(() => logger.info('hello')).toThrow('mine');
  });

  it('loses its fields, not the line, where it breaks', () => {
    const { logger, lines } = createLogger();
    const faults = dropCounts().get('fault') ?? 0;
    breakContext();
    logger.info('hello');
    expect(lines).toEqual(['{"level":30,"msg":"hello"}']);
    expect(dropCounts().get('fault')).toBe(faults + 1);
  });

  it('says how to add it where it was added without the call', () => {
    const { logger } = createLogger({ mixin: flagMixin as never });
    expect(() => logger.info('hello')).toThrow('write mixin: flagMixin()');
  });
});
