import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import winston from 'winston';
import { dropCounts } from '../../src/core/drops.js';
import { flagFormat, flagMeta } from '../../src/logs/winston.js';
import { logInTwoRequests, TWO_REQUESTS } from '../support/app-log-requests.js';
import { inOperation } from '../support/app-operation.js';
import { breakContext, installSdk } from '../support/app-sdk.js';

const FIELD = 'feature_flags.new-checkout';

beforeEach(() => {
  installSdk();
});

/** A logger of the real library, and what it wrote. */
function createLogger(options: winston.LoggerOptions = {}): { logger: winston.Logger; lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk).trim());
      done();
    },
  });
  const logger = winston.createLogger({
    format: winston.format.combine(flagFormat(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
    ...options,
  });
  return { logger, lines };
}

describe('the format', () => {
  it('adds the variants of its own request, where two run at once', async () => {
    const { logger, lines } = createLogger();
    await logInTwoRequests((what, request) => logger.info(what, { request }));
    const written = lines.map((line) => JSON.parse(line));
    const seen = written.map((line) => [`${line.request} ${line.message}`, line[FIELD]]);
    expect(Object.fromEntries(seen)).toEqual(TWO_REQUESTS);
  });

  it('adds nothing outside an operation', () => {
    const { logger, lines } = createLogger();
    logger.info('hello');
    expect(lines).toEqual(['{"level":"info","message":"hello"}']);
  });

  it('leaves a field that the call or a child logger has', () => {
    const { logger, lines } = createLogger();
    inOperation({ 'new-checkout': 'on', search: 'fast' }, () => {
      logger.info('call', { [FIELD]: 'mine' });
      logger.child({ [FIELD]: 'mine' }).info('child');
    });
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ [FIELD]: 'mine', 'feature_flags.search': 'fast' });
    }
    expect(lines).toHaveLength(2);
  });

  it('writes on no object of the application, which may be logged again', () => {
    const { logger, lines } = createLogger();
    const entry = { level: 'info', message: 'hello' };
    inOperation({ 'new-checkout': 'on' }, () => logger.log(entry));
    inOperation({ 'new-checkout': 'off' }, () => logger.log(entry));
    logger.log(entry);
    expect(lines.map((line) => JSON.parse(line)[FIELD])).toEqual(['on', 'off', undefined]);
    expect(Object.keys(entry)).toEqual(['level', 'message']);
  });

  it.each(['before', 'after'])('works %s format.errors()', (where) => {
    const errors = winston.format.errors({ stack: true });
    const formats = where === 'before' ? [flagFormat(), errors] : [errors, flagFormat()];
    const { logger, lines } = createLogger({
      format: winston.format.combine(...formats, winston.format.json()),
    });
    inOperation({ 'new-checkout': 'on' }, () => logger.error(new RangeError('too far')));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      message: 'too far',
      stack: expect.stringContaining('RangeError: too far'),
      [FIELD]: 'on',
    });
  });

  it('loses its fields, not the entry, where it breaks', () => {
    const { logger, lines } = createLogger();
    const faults = dropCounts().get('fault') ?? 0;
    breakContext();
    logger.info('hello');
    expect(lines).toEqual(['{"level":"info","message":"hello"}']);
    expect(dropCounts().get('fault')).toBe(faults + 1);
  });
});

describe('the metadata', () => {
  /** Logs from two operations faster than the transport takes them; gives the entries that got another's variant. */
  async function mistaken(options: winston.LoggerOptions): Promise<number> {
    const entries: Record<string, unknown>[] = [];
    const all = Promise.withResolvers<void>();
    const slow = Object.assign(new winston.transports.Stream({ stream: new Writable() }), {
      log(entry: Record<string, unknown>, done: () => void) {
        if (entries.push(entry) === 200) all.resolve();
        setImmediate(done);
      },
    });
    const { logger } = createLogger({ transports: [slow], ...options });
    const burst = async (variant: string): Promise<void> => {
      for (let i = 0; i < 100; i += 1) {
        logger.info('hello', { variant });
        if (i % 20 === 0) await new Promise(setImmediate);
      }
    };
    const bursts: Promise<void>[] = [];
    for (const variant of ['on', 'off']) {
      inOperation({ 'new-checkout': variant }, () => void bursts.push(burst(variant)));
    }
    await Promise.all(bursts);
    await all.promise;
    return entries.filter((entry) => entry[FIELD] !== entry['variant']).length;
  }

  it('keeps entries that wait for a slow transport with their operation', async () => {
    expect(await mistaken({ defaultMeta: flagMeta() })).toBe(0);
    // Without it they are formatted in whatever operation then runs.
    expect(await mistaken({})).toBeGreaterThan(0);
  });

  it("has the application's own metadata too, and leaves no trace in an entry", () => {
    const entries: object[] = [];
    const { logger } = createLogger({ defaultMeta: flagMeta({ service: 'shop' }) });
    logger.on('data', (entry) => entries.push(entry));
    const entry = { level: 'info', message: 'again' };
    inOperation({ 'new-checkout': 'on' }, () => {
      logger.info('hello');
      logger.log(entry);
    });
    expect(entries).toMatchObject([
      { level: 'info', message: 'hello', service: 'shop', [FIELD]: 'on' },
      { level: 'info', message: 'again', service: 'shop', [FIELD]: 'on' },
    ]);
    const symbols = [...entries, entry].flatMap((one) => Object.getOwnPropertySymbols(one));
    expect(symbols.filter(({ description }) => description?.startsWith('telltale'))).toEqual([]);
    expect(entry).not.toHaveProperty([FIELD]);
  });
});
