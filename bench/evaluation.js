import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sdk2, sdk3 } from './support/folders.js';
import { mapValues, median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 5;
const WARM_UP = 4_000;
const REQUESTS = 4_000;
const MICROSECONDS = 'us';

/** What one evaluation costs over an empty hook, in the same process and in turns; and what an operation's end costs. */
export async function evaluation() {
  return [...(await openFeature()), ...(await operationEnd()), ...(await launchDarkly())];
}

async function openFeature() {
  const three = await measure(sdk3, { sdk: 'openfeature', flags: 5 });
  const two = await measure(await sdk2(), { sdk: 'openfeature', flags: 5 });
  expectRecords(three, two);
  const share = median(two.map(({ telltale, official }) => telltale.first / official.first));
  return [
    line('OpenFeature with an empty hook, SDK 3', figure(three, 'empty', 'own')),
    line('first evaluation in a request, over the empty hook, SDK 3', figure(three, 'telltale', 'first'), 2),
    line('first evaluation in a request, over the empty hook, SDK 2', figure(two, 'telltale', 'first'), 2),
    line('official hooks, over the empty hook, SDK 2', figure(two, 'official', 'first')),
    { what: 'first evaluation, of what the official hooks add, SDK 2', figure: share, budget: 0.25 },
    line('repeated evaluation, over the empty hook, SDK 3', figure(three, 'telltale', 'again'), 0.3),
    line('repeated evaluation, over the empty hook, SDK 2', figure(two, 'telltale', 'again'), 0.3),
    line('official hooks, repeated, SDK 2', figure(two, 'official', 'again')),
  ];
}

/** With units. `histogram` is the peer: the SDK's own record of the same attributes, and nothing else. */
async function operationEnd() {
  const lines = [];
  for (const flags of [1, 5, 20]) {
    const trials = await measure(sdk3, { sdk: 'openfeature', flags, histogram: true });
    const what = `operation's end, for each of ${flags} flags, SDK 3`;
    lines.push(
      line(what, figure(trials, 'telltale', 'end'), 1.5),
      line(`  of it the SDK's histogram record`, figure(trials, 'histogram', 'end')),
    );
  }
  return lines;
}

async function launchDarkly() {
  if (!existsSync(join(import.meta.dirname, '../dist/hooks/launchdarkly.js'))) return [];
  const two = await measure(await sdk2(), { sdk: 'launchdarkly', flags: 5 });
  const share = (what) => median(two.map(({ telltale, official }) => telltale[what] / official[what]));
  return [
    line('LaunchDarkly with an empty hook, SDK 2', figure(two, 'empty', 'own')),
    line('LaunchDarkly, first evaluation, over the empty hook, SDK 2', figure(two, 'telltale', 'first')),
    line("LaunchDarkly's TracingHook, over the empty hook, SDK 2", figure(two, 'official', 'first')),
    { what: 'LaunchDarkly, first, of what its TracingHook adds, SDK 2', figure: share('first'), budget: 1 },
    {
      what: 'LaunchDarkly, repeated, of what its TracingHook adds, SDK 2',
      figure: share('again'),
      budget: 1,
    },
  ];
}

/** New processes each time: how one was compiled must not decide. */
async function measure(folder, options) {
  const trials = [];
  for (let number = 0; number < TRIALS; number += 1) {
    trials.push(await runWorker(folder, 'evaluation', { ...options, warmUp: WARM_UP, requests: REQUESTS }));
  }
  return trials;
}

/** A hook whose records go nowhere would be cheap for nothing. */
function expectRecords(three, two) {
  for (const trials of [three, two]) {
    const logs = mapValues(trials[0], (one) => one.logs);
    if (logs.telltale !== 1)
      throw new Error(`expected one record an evaluation, got ${JSON.stringify(logs)}`);
  }
}

function figure(trials, subject, what) {
  return median(trials.map((trial) => trial[subject][what]));
}

function line(what, value, budget) {
  return { what, figure: value, unit: MICROSECONDS, budget };
}
