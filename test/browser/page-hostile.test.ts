import { expect, test } from 'vitest';
import { HOSTILE, shownName } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';
import { sidewaysScroll } from '../support/page-visit.js';

const suite = pageSuite();

/** In the order of HOSTILE. */
const WHAT = ['markup', 'a mark that turns what follows around', '200 letters', 'what addresses reserve'];

test.each(
  HOSTILE.map(({ flag, stages }, i) => [WHAT[i], flag, stages[0]?.variants[1]?.variant ?? '', i] as const),
)(
  'a key and a variant of %s are text in the view of the flag',
  { timeout: 120_000 },
  async (_, flag, treatment, i) => {
    await using open = await suite().visit(`/flags/${encodeURIComponent(flag)}`, { width: 360, height: 740 });
    const { page } = open;
    await page.getByRole('heading', { level: 1, name: shownName(flag), exact: true }).waitFor();
    await page.locator('[data-verdict="hold"]').waitFor();
    const names = await page.locator('h2 .name').allTextContents();
    expect(names).toContain(shownName(treatment));
    // What would have come of its markup.
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(open.requested.filter((url) => url.endsWith('/x'))).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await open.picture(`hostile-${i}`);
  },
);
