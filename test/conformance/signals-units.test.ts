import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { unitBucket, unitHash } from '../../src/core/unit.js';
import { startCollector } from '../support/app-collector.js';
import { LINES } from '../support/app-lines.js';
import { type Attributes, decodeJson } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';
import { ask, exportTo, matching, total } from '../support/app-requests.js';

const SALT = 'pepper';
const BUSY = 'anna@example.org';
const SLOW = 'sam@example.org';
const UNLUCKY = 'eve@example.org';
const USERS = [BUSY, SLOW, UNLUCKY];

const unitId = (user: string): string => createHmac('sha256', SALT).update(user).digest('hex');

/** What stands on every sum of the flag `new-checkout` for a user that got `on`. */
const setOf = (user: string): Attributes => ({
  'feature_flag.key': 'new-checkout',
  'feature_flag.result.variant': 'on',
  'telltale.assignment': 'assigned',
  'telltale.unit.bucket': unitBucket(unitHash(user)),
});

describe.each(LINES)('flags evaluated for a targeting key, $line', ({ prepare }) => {
  let received: ReturnType<typeof decodeJson>;
  let exported = '';

  beforeAll(async () => {
    using fixtures = await prepare();
    await using collector = await startCollector();
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: { ...exportTo(collector), TELLTALE_SLOW_THRESHOLD_MS: '600', TELLTALE_UNIT_SALT: SALT },
    });
    // The first request is slow by itself, and of no unit.
    expect(await ask(app, '/products/1?on=1')).toBe(200);
    for (let i = 0; i < 4; i += 1) expect(await ask(app, `/products/${i}?on=1`, BUSY)).toBe(200);
    expect(await ask(app, '/slow?ms=601', SLOW)).toBe(200);
    expect(await ask(app, '/fail', UNLUCKY)).toBe(500);
    await expect(ask(app, '/broken', UNLUCKY)).rejects.toThrow();
    await app.stop();
    received = decodeJson(collector.exports);
    exported = collector.exports.map((one) => one.body.toString('utf8')).join('\n');
  }, 180_000);

  it('counts a unit once as exposed, and at most 3 of its operations an hour', () => {
    const exposed = received.metric('telltale.unit.exposed');
    const operations = received.metric('telltale.unit.operations');
    expect(USERS.map((user) => matching(exposed, setOf(user)))).toEqual(
      USERS.map((user) => [{ kind: 'sum', count: 1, attributes: setOf(user) }]),
    );
    expect(USERS.map((user) => total(operations, setOf(user)))).toEqual([3, 1, 2]);
    expect(total(operations, {})).toBe(6);
  });

  it('counts the failed ones', () => {
    const errors = received.metric('telltale.unit.errors');
    expect(errors).toEqual([{ kind: 'sum', count: 2, attributes: setOf(UNLUCKY) }]);
  });

  it('counts the slow ones, above the edge at or below the threshold, and writes the others as none', () => {
    const slow = received.metric('telltale.unit.slow');
    // 2^(-3/4) s = 595 ms is the next edge below 600 ms.
    const edge = { 'telltale.threshold': 2 ** (-3 / 4) };
    expect(USERS.map((user) => matching(slow, setOf(user)))).toEqual([
      [{ kind: 'sum', count: 0, attributes: { ...setOf(BUSY), ...edge } }],
      [{ kind: 'sum', count: 1, attributes: { ...setOf(SLOW), ...edge } }],
      [{ kind: 'sum', count: 0, attributes: { ...setOf(UNLUCKY), ...edge } }],
    ]);
  });

  it('writes a record of each failed operation, in its trace, for the hashed unit', () => {
    const failed = received.logs.filter((log) => log.eventName === 'telltale.operation.failed');
    const common = { 'feature_flags.new-checkout': 'on', 'telltale.unit.id': unitId(UNLUCKY) };
    expect(failed.map((log) => log.attributes)).toEqual([
      { ...common, 'error.type': '500', 'http.route': '/fail', 'exception.type': 'Error' },
      { ...common, 'error.type': 'RangeError', 'http.route': '/broken', 'exception.type': 'RangeError' },
    ]);
    const traces = ['GET /fail', 'GET /broken'].map(
      (name) => received.spans.find((span) => span.name === name)?.traceId,
    );
    expect(failed.map((log) => log.traceId)).toEqual(traces);
  });

  it('writes the hashed unit on the record of an evaluation, and none where there is no unit', () => {
    const ids = received.logs
      .filter((log) => log.attributes['feature_flag.key'] === 'new-checkout')
      .map((log) => log.attributes['feature_flag.context.id']);
    const [anna, sam, eve] = USERS.map(unitId);
    expect(ids).toEqual([undefined, anna, anna, anna, anna, sam, eve, eve]);
  });

  it('writes the targeting key in no signal', () => {
    expect(exported).toContain(unitId(BUSY));
    for (const user of USERS) expect(exported).not.toContain(user);
  });
});
