import { expect, test } from 'vitest';
import { burstOf, durationsOf } from '../support/page-release.js';
import { pageSuite } from '../support/page-suite.js';

const suite = pageSuite({ isEmpty: true });

const FLAG = 'without-a-control\u202e';
const PATH = `/flags/${encodeURIComponent(FLAG)}`;

async function sendTraffic(): Promise<void> {
  const outcomes = ['blue', 'green'].map((variant) => ({ variant, succeeded: 200, failed: 2 }));
  await suite().backend.sendMetrics(durationsOf(burstOf(FLAG, outcomes)));
}

test('where no variant is known as the control, the page asks which it is', {
  timeout: 120_000,
}, async () => {
  await sendTraffic();
  await using open = await suite().visit(PATH);
  const { page } = open;
  const alert = page.getByRole('alert');
  await alert.getByText('Which variant is the control?').waitFor();
  await alert.getByLabel('Control').selectOption('green');
  await page.getByRole('region', { name: /^blue against green/ }).waitFor();
  expect(new URL(page.url()).searchParams.get('control')).toBe('green');
  open.forgive(/status of 400/);

  // And changed from then on.
  await page.getByLabel('Control').selectOption('blue');
  await page.getByRole('region', { name: /^green against blue/ }).waitFor();
  await page.goBack();
  await page.getByRole('region', { name: /^blue against green/ }).waitFor();
});

test('a wrong parameter in the address is said as the command says it, with a way out', {
  timeout: 120_000,
}, async () => {
  await sendTraffic();
  await using open = await suite().visit(`${PATH}?control=green&alpha=2`);
  const { page } = open;
  const alert = page.getByRole('alert');
  await alert.getByText('alpha must be a number, above 0 and below 1; it is "2".').waitFor();
  await alert.getByRole('link', { name: /without other settings/ }).click();
  await page.waitForURL((url) => url.search === '');
  open.forgive(/status of 400/);
});

test('marks that turn text around are seen in what the API says', { timeout: 120_000 }, async () => {
  await sendTraffic();
  await using open = await suite().visit(`${PATH}?service=nowhere`);
  const { page } = open;
  await page.getByRole('alert').getByText('"without-a-control\\u202e" in service nowhere').waitFor();
  expect(await page.title()).toBe('without-a-control\\u202e - Telltale');
  open.forgive(/status of 404/);
});
