// npm run pictures: takes the README's pictures of the page anew, from the demo. Needs Chromium, and three minutes.
import '../bench/support/typescript.js';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexedPng } from './indexed-png.js';

const { startBrowser } = await import('../test/support/web-browser.js');

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs/pictures');
const LARGEST_BYTES = 200_000;
const WIDTH = 1280;

const demo = spawn(process.execPath, [join(ROOT, 'examples/shop/demo.js')], {
  stdio: ['ignore', 'inherit', 'pipe'],
});
const browser = await startBrowser();
try {
  const { page, flag } = await invitation(demo.stderr);
  mkdirSync(FOLDER, { recursive: true });
  await picture('page-overview.png', page, 900, async (tab) => {
    await tab.locator('.legend', { hasText: 'being made' }).waitFor({ state: 'detached', timeout: 120_000 });
  });
  await picture('page-flag.png', flag, 1790, async (tab) => {
    await tab.getByRole('figure', { name: 'Error rate' }).locator('canvas').waitFor({ timeout: 60_000 });
  });
} finally {
  await browser.close();
  demo.kill('SIGINT');
}

/** The addresses that the demo names when it is through. */
async function invitation(stderr) {
  let text = '';
  for await (const chunk of stderr.setEncoding('utf8')) {
    process.stderr.write(chunk);
    text += chunk;
    const [, page, flag] = /In a browser:\s+(\S+)\s+(\S+)/.exec(text) ?? [];
    if (flag !== undefined) return { page, flag };
  }
  throw new Error('the demo ended before it named the address of the page; its last lines say why');
}

async function picture(name, url, height, drawn) {
  const tab = await browser.newPage({ viewport: { width: WIDTH, height }, colorScheme: 'light' });
  await tab.goto(url);
  await tab.locator('[data-verdict="roll-back"]').first().waitFor({ timeout: 120_000 });
  await drawn(tab);
  const picture = indexedPng(await pixelsOf(await tab.screenshot()), WIDTH);
  await tab.close();
  if (picture.length > LARGEST_BYTES) {
    throw new Error(`${name} has ${picture.length} bytes, expected at most ${LARGEST_BYTES}`);
  }
  writeFileSync(join(FOLDER, name), picture);
}

/** Red, green, blue and alpha of each pixel; the browser knows how to read its pictures. */
async function pixelsOf(screenshot) {
  const tab = await browser.newPage();
  const base64 = await tab.evaluate(async (text) => {
    const blob = await (await fetch(`data:image/png;base64,${text}`)).blob();
    const image = await createImageBitmap(blob);
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
    pen.drawImage(image, 0, 0);
    return new Uint8Array(pen.getImageData(0, 0, image.width, image.height).data.buffer).toBase64();
  }, screenshot.toString('base64'));
  await tab.close();
  return Buffer.from(base64, 'base64');
}
