import './support/typescript.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzippedBytes, scripts, scrolled, visited } from './support/page-visits.js';
import { usageOf } from './support/process.js';
import { median } from './support/statistics.js';

const { startBrowser } = await import('../test/support/web-browser.js');
const { pageBackend } = await import('../test/support/page-backend.js');
const { durationsOf, FINE, operationsOf } = await import('../test/support/page-release.js');

const TRIALS = 5;
const PAGES = 10;
/** Until a page that was opened has all that it shows. */
const SETTLE_SECONDS = 30;
/** Without news pages ask for verdicts once a minute, and every five minutes for what is behind them. */
const OPEN_SECONDS = 300;
const ALONE_SECONDS = 60;
const WEEK_MINUTES = 7 * 24 * 60;
/** Points in a request. */
const BATCH = 4000;

/** The page in Chromium on a real backend: what it loads, when it is there, and what it costs while it is open. */
export async function page() {
  const browser = await startBrowser();
  try {
    return [...(await fewFlags(browser)), ...(await week(browser)), ...(await manyFlags(browser))];
  } finally {
    await browser.close();
  }
}

const flags = (count) =>
  Array.from({ length: count }, (_, i) => ({ ...FINE, flag: `flag-${i}`, requestsPerMinute: 100 }));

/** @param {{ sendMetrics(metrics: readonly unknown[]): Promise<void> }} backend */
async function send(backend, releases, minutes) {
  const end = Math.floor(Date.now() / 60_000) * 60;
  const points = durationsOf(operationsOf(end, releases, minutes));
  for (let i = 0; i < points.length; i += BATCH) await backend.sendMetrics(points.slice(i, i + BATCH));
}

async function trials(browser, url, found) {
  const each = [];
  for (let trial = 0; trial < TRIALS; trial += 1) each.push(await visited(browser, url, found));
  return (name) => median(each.map((one) => one[name]));
}

const VERDICT = `document.querySelector('.treatment [data-verdict]') !== null`;
const ROWS = `document.querySelectorAll('.flag-list [data-verdict]').length > 2`;

async function fewFlags(browser) {
  await using backend = await pageBackend();
  await send(backend, flags(50), 60);
  await compared(browser, backend);
  const { scripts: loaded } = await visited(browser, backend.url, ROWS);
  const of = await trials(browser, backend.url, ROWS);
  const bytes = (names) => names.reduce((sum, name) => sum + gzippedBytes(name), 0) / 1000;
  return [
    { what: 'JavaScript of the page, gzipped', figure: bytes(scripts()), unit: 'kB', budget: 350 },
    {
      what: 'of it loaded by the overview',
      figure: bytes(loaded.map((url) => url.split('/').at(-1))),
      unit: 'kB',
    },
    { what: 'overview of 50 flags: first contentful paint', figure: of('firstPaint'), unit: 'ms' },
    { what: 'overview of 50 flags: rows painted', figure: of('painted'), unit: 'ms', budget: 1000 },
    {
      what: 'overview of 50 flags: no long task any more',
      figure: of('interactive'),
      unit: 'ms',
      budget: 1500,
    },
    ...(await openPages(browser, backend)),
  ];
}

/** Waits until every flag is. */
async function compared(browser, backend) {
  const tab = await browser.newPage();
  await tab.goto(backend.url);
  await tab.locator('.flag-list [data-verdict]').first().waitFor({ timeout: 120_000 });
  await tab.locator('.legend', { hasText: 'being made' }).waitFor({ state: 'detached', timeout: 300_000 });
  await tab.close();
}

/** CPU of the backend, percent of a core, while nothing arrives. */
async function openPages(browser, { url, backend }) {
  const share = async (seconds) => {
    const before = await usageOf(backend.process.pid);
    await sleep(seconds * 1000);
    return (100 * ((await usageOf(backend.process.pid)).cpu - before.cpu)) / seconds;
  };
  const none = await share(ALONE_SECONDS);
  const context = await browser.newContext();
  for (let i = 0; i < PAGES; i += 1) {
    const tab = await context.newPage();
    await tab.goto(i % 2 === 0 ? url : `${url}/flags/flag-${i}`);
    await tab.locator('[data-verdict]').first().waitFor({ timeout: 60_000 });
  }
  await sleep(SETTLE_SECONDS * 1000);
  const open = await share(OPEN_SECONDS);
  await context.close();
  return [
    { what: 'an idle backend, of a core', figure: none, unit: '%' },
    { what: `${PAGES} open pages add to it`, figure: open - none, unit: '%', budget: 10 },
  ];
}

async function week(browser) {
  await using backend = await pageBackend();
  await send(backend, [{ ...FINE, flag: 'week' }], WEEK_MINUTES);
  const charts = `document.querySelectorAll('figure canvas').length >= 6`;
  const url = `${backend.url}/flags/week?since=7d`;
  await visited(browser, url, charts);
  const of = await trials(browser, url, charts);
  const verdict = (await trials(browser, url, VERDICT))('painted');
  const drawn = of('drawn');
  return [
    { what: 'a flag over 7 days: verdict painted', figure: verdict, unit: 'ms' },
    { what: 'a flag over 7 days: all charts painted', figure: of('painted'), unit: 'ms' },
    { what: 'of it drawing, once the last answer is there', figure: drawn, unit: 'ms', budget: 500 },
  ];
}

async function manyFlags(browser) {
  await using backend = await pageBackend();
  await send(backend, flags(10_000), 1);
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await tab.goto(backend.url);
  await tab.locator('.flag-list article').first().waitFor({ timeout: 120_000 });
  const took = [];
  for (let trial = 0; trial < TRIALS; trial += 1)
    took.push(...(await scrolled(tab, { frames: 120, step: 150 })));
  await tab.close();
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return [
    { what: '10,000 flags scrolled: a frame, median', figure: at(0.5), unit: 'ms', budget: 17 },
    { what: '10,000 flags scrolled: a frame, 95 of 100', figure: at(0.95), unit: 'ms', budget: 34 },
  ];
}
