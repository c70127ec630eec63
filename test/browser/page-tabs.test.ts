import { test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite({ isEmpty: true });

const FLAG = 'watched-by-many';

// A browser opens six connections to a host, and a stream holds one as long as it lasts.
test('ten pages in one browser are all live', { timeout: 120_000 }, async () => {
  const { backend, visit } = suite();
  const send = () =>
    backend.sendMetrics(
      durationsOf(
        burstOf(FLAG, [
          { variant: 'off', succeeded: 400, failed: 1 },
          { variant: 'on', succeeded: 100, failed: 0 },
        ]),
      ),
    );
  await send();
  await using first = await visit(`/flags/${FLAG}`);
  const others = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const page = await first.context.newPage();
      await page.goto(first.page.url());
      return page;
    }),
  );
  const pages = [first.page, ...others];
  for (const page of pages) await page.getByText('control failed 1 of 401').waitFor();
  await send();
  for (const page of pages) await page.getByText('control failed 2 of 802').waitFor();
});
