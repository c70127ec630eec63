import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { Export } from './app-collector.js';
import { listen } from './app-listen.js';
import { bundleForBrowser } from './web-bundle.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Starts the machine's own Chromium, without a window.
 *
 * @throws Error saying what to install where there is none.
 */
export async function startBrowser(): Promise<Browser> {
  // No sandbox: it cannot be had as root, and in most containers.
  return chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox'], headless: true });
}

function browserPath(): string {
  const given = process.env['CHROMIUM_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = given ? [given] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `expected a Chromium or Chrome ${given ? `at CHROMIUM_PATH, got "${given}"` : 'on PATH, got none'}: ` +
      'install it (Debian: `apt-get install chromium`), or set CHROMIUM_PATH to the one you have.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a page did. */
interface Visit {
  /** What its last script's global `done` was fulfilled with. */
  readonly result: unknown;
  readonly exports: readonly Export[];
  /** Errors that nobody caught, and what was written to the console as a warning or an error. */
  readonly complaints: readonly string[];
}

/**
 * Serves a page with those scripts, each bundled by itself, opens it, waits until its global `done` is fulfilled, and
 * tells what came back to the server as OTLP.
 *
 * @param scripts Files, in the order the page has them.
 */
export async function visit(browser: Browser, scripts: readonly string[]): Promise<Visit> {
  const bundles = await Promise.all(scripts.map(async (script) => (await bundleForBrowser(script)).code));
  const exports: Export[] = [];
  await using server = await listen(async (request, response) => {
    const path = request.url ?? '';
    const script = bundles[Number(/^\/script-(\d+)\.js$/.exec(path)?.[1] ?? Number.NaN)];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (path === '/') response.setHeader('content-type', 'text/html').end(pageOf(bundles.length));
    else if (script !== undefined) response.setHeader('content-type', 'text/javascript').end(script);
    else if (request.method === 'POST' && path.startsWith('/v1/')) {
      exports.push({ path, contentType: request.headers['content-type'], body: Buffer.concat(chunks) });
      response.setHeader('content-type', 'application/json').end('{}');
    } else response.writeHead(404).end();
  });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) complaints.push(message.text());
  });
  try {
    await page.goto(server.url);
    const result: unknown = await page.evaluate('done');
    return { result, exports, complaints };
  } finally {
    await page.close();
  }
}

function pageOf(scripts: number): string {
  const tags = Array.from(
    { length: scripts },
    (_, i) => `<script type="module" src="/script-${i}.js"></script>`,
  );
  // Without an icon of its own a page asks for one, and complains.
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title>${tags.join('')}`;
}
