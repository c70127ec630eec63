import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Where tests leave pictures of what they saw: to be looked at, not kept by git. */
const PICTURES = join(import.meta.dirname, '../../artifacts/page');

/** An open page. Disposing of it closes it, and fails where the page complained. */
export interface PageVisit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Addresses of all that was asked for. */
  readonly requested: readonly string[];
  /**
   * Errors that nobody caught, dialogs, and warnings and errors on the console, among them what the
   * Content-Security-Policy refused. None may be there at the end.
   */
  readonly complaints: readonly string[];
  /** Forgets complaints that a test provokes, of which there must be one at least. */
  forgive(provoked: RegExp): void;
  /** Keeps a picture of all of the page. */
  picture(name: string): Promise<void>;
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  /** What the system prefers. @default light */
  readonly theme?: 'light' | 'dark';
}

export async function visitPage(
  browser: Browser,
  url: string,
  { width = 1280, height = 900, theme = 'light' }: VisitOptions = {},
): Promise<PageVisit> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  // Shorter than a test's, so that what was waited for is named.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  let complaints: string[] = [];
  const requested: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => requested.push(request.url()));
  await page.goto(url);
  return {
    ...{ page, context, requested },
    get complaints() {
      return complaints;
    },
    forgive(provoked) {
      const others = complaints.filter((complaint) => !provoked.test(complaint));
      expect(others.length).toBeLessThan(complaints.length);
      complaints = others;
    },
    async picture(name) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}

/** What axe has against the page as it is: the rule, and where. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Not as a script of the page: its policy would refuse that.
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run(document)')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** By how many pixels the page is wider than its window. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
}
