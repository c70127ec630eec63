import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type PageBackend, type PageBackendOptions, pageBackend, sendRelease } from './page-backend.js';
import { type PageVisit, type VisitOptions, visitPage } from './page-visit.js';
import { startBrowser } from './web-browser.js';

export interface PageSuite {
  readonly browser: Browser;
  /** Holds the release of `page-release.ts`, unless it was not to. */
  readonly backend: PageBackend;
  visit(path: string, options?: VisitOptions): Promise<PageVisit>;
}

/** A browser and a backend for all tests of a file. */
export function pageSuite({
  isEmpty = false,
  ...options
}: PageBackendOptions & { readonly isEmpty?: boolean } = {}): () => PageSuite {
  let suite: PageSuite;
  beforeAll(async () => {
    const [browser, backend] = await Promise.all([startBrowser(), pageBackend(options)]);
    suite = { browser, backend, visit: (path, as) => visitPage(browser, `${backend.url}${path}`, as) };
    if (!isEmpty) await sendRelease(backend);
  }, 120_000);
  afterAll(async () => {
    await suite?.browser.close();
    await suite?.backend[Symbol.asyncDispose]();
  });
  return () => suite;
}
