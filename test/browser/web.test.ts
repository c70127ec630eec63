import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJson } from '../support/app-otlp.js';
import { fixture } from '../support/app-process.js';
import { startBrowser, visit } from '../support/web-browser.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

describe.each([
  {
    page: 'page-openfeature',
    result: ['off', 'on'],
    before: { 'feature_flags.new-checkout': 'off', 'feature_flags.theme': 'blue' },
    after: { 'feature_flags.new-checkout': 'on', 'feature_flags.theme': 'blue' },
    provider: 'in-memory',
    records: [
      ['new-checkout', 'off', 'targeting_match', undefined],
      ['theme', 'blue', 'static', undefined],
      ['new-checkout', 'on', 'targeting_match', undefined],
      ['missing', undefined, 'error', 'flag_not_found'],
    ],
  },
  {
    page: 'page-launchdarkly',
    result: [false, true],
    before: { 'feature_flags.new-checkout': '1', 'feature_flags.theme': '1' },
    after: { 'feature_flags.new-checkout': '0', 'feature_flags.theme': '1' },
    provider: 'LaunchDarkly',
    records: [
      ['new-checkout', '1', 'default', undefined],
      ['theme', '1', 'disabled', undefined],
      ['new-checkout', '0', 'default', undefined],
      ['missing', undefined, 'error', 'flag_not_found'],
    ],
  },
])('$page in Chromium', ({ page, result, before, after, provider, records }) => {
  it('sends each result once, and the newest variants on the spans that follow', async () => {
    const visited = await visit(browser, [fixture('page-telemetry'), fixture(page)]);
    expect(visited.complaints).toEqual([]);
    expect(visited.result).toEqual(result);
    expect(new Set(visited.exports.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/logs']));

    const { spans, logs } = decodeJson(visited.exports);
    expect(spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['load', {}],
      ['show cart', before],
      ['pay', after],
    ]);
    expect(new Set(logs.map(({ eventName, scope }) => `${scope} ${eventName}`))).toEqual(
      new Set(['telltale feature_flag.evaluation']),
    );
    const expected = records.map(([key, variant, reason, errorType]) => ({
      'feature_flag.key': key,
      ...(variant === undefined ? {} : { 'feature_flag.result.variant': variant }),
      'feature_flag.result.reason': reason,
      'feature_flag.provider.name': provider,
      ...(errorType === undefined ? {} : { 'error.type': errorType }),
    }));
    expect(logs.map(({ attributes }) => attributes)).toEqual(expected);
    // Neither who is logged in nor who was nobody; identifiers of traces may well have "ada" in them.
    expect(visited.exports.map(({ body }) => body.toString()).join()).not.toMatch(/ada(@|%40)|anonymous/);
  });
});
