import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const ASSETS = new URL('../../dist/ui/assets/', import.meta.url);

/** Bytes of a file of the page, as it is sent. */
export function gzippedBytes(name) {
  return gzipSync(readFileSync(new URL(name, ASSETS))).length;
}

/** All scripts of the page. */
export function scripts() {
  return readdirSync(ASSETS).filter((name) => name.endsWith('.js'));
}

/**
 * Notes when something is painted: in the frame after the one in which it is found.
 *
 * @param {string} found an expression, in the page
 */
const watcher = (found) => `(() => {
  const measured = { painted: undefined, busyUntil: 0 };
  let tell;
  globalThis.measured = measured;
  globalThis.whenPainted = new Promise((resolve) => { tell = resolve; });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) measured.busyUntil = startTime + duration;
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (!(${found})) requestAnimationFrame(look);
    else requestAnimationFrame(() => tell(measured.painted = performance.now()));
  };
  look();
})()`;

/** Tasks that follow what was painted are waited for so long. */
const QUIET_MS = 1000;

/**
 * Opens an address as a browser does that was never there.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} found what is waited for: an expression, in the page
 * @returns milliseconds since the navigation began
 */
export async function visited(browser, url, found) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  try {
    await page.addInitScript(watcher(found));
    await page.goto(url);
    await page.evaluate('globalThis.whenPainted');
    await page.waitForTimeout(QUIET_MS);
    return await page.evaluate(`(() => {
      const { painted, busyUntil } = globalThis.measured;
      const paints = performance.getEntriesByType('paint');
      const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/v1/'));
      return {
        firstPaint: paints.find(({ name }) => name === 'first-contentful-paint').startTime,
        painted,
        interactive: Math.max(painted, busyUntil),
        drawn: painted - Math.max(...asked.map(({ responseEnd }) => responseEnd).filter((end) => end < painted)),
        scripts: performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js')),
      };
    })()`);
  } finally {
    await context.close();
  }
}

/**
 * Scrolls the open page, a step each frame.
 *
 * @param {import('playwright-core').Page} page
 * @param {{ frames: number, step: number }} how step in pixels
 * @returns {Promise<number[]>} milliseconds that each frame took
 */
export function scrolled(page, { frames, step }) {
  return page.evaluate(`new Promise((resolve) => {
    const took = [];
    let before = performance.now();
    const next = (now) => {
      took.push(now - before);
      before = now;
      if (took.length > ${frames}) return resolve(took.slice(1));
      scrollBy(0, ${step});
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`);
}
