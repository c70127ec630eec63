import { expect, test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { accessibilityFaults } from '../support/page-visit.js';
import { spanOf } from '../support/spans.js';

const suite = pageSuite({ isEmpty: true });

test('without data the page says what to do next, counts what arrives, and shows the first flag', {
  timeout: 120_000,
}, async () => {
  const { backend, visit } = suite();
  await using open = await visit('/');
  const { page } = open;
  await page.getByText('app.use(flagObservability());').waitFor();
  await page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${backend.backend.otlpUrl}`).waitFor();
  const received = page.locator('.received');
  await received.getByText('0 spans').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await open.picture('empty');

  await backend.sendSpans([spanOf({ trace: 1, end: Date.now() / 1000 })]);
  await received.getByText('1 spans').waitFor();
  await page.getByText('none of it carries a flag yet').waitFor();
  await open.picture('empty-first-span');

  await backend.sendMetrics(durationsOf(burstOf('first', [{ variant: 'off', succeeded: 3, failed: 0 }])));
  await page.getByRole('link', { name: 'first', exact: true }).waitFor();
});
