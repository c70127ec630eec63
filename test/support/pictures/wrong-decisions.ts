import { percent } from '../simulation/rates-table.js';
import { falseRate, type Rates, type Scenario } from '../simulation/release.js';
import { bar, label, linear, picture, rule } from './svg.js';

/** What bench/statistics.json holds of each scenario. */
export interface Simulated {
  readonly name: string;
  readonly truth: Scenario['truth'];
  readonly rates: readonly Rates[];
}

const SHOWN: Readonly<Record<string, string>> = {
  'harmless, in a ramp while the base rate climbs': 'Harmless, ramp while the base rate climbs: rolled back',
  'harmless, 1 % canary, 2 in 1,000 fail': 'Harmless, 1 % canary, 2 in 1,000 fail: rolled back',
  'harmless, sticky users, Pareto 1.3, some always unlucky':
    'Harmless, users keep their variant: rolled back',
  'harm, where control never fails: 5 in 1,000': 'Harm, and control never fails: rolled forward',
  'harm, five times the errors in a 1 % canary, base 2 in 1,000':
    'Harm, five times the errors, 1 % canary: rolled forward',
};
const RULES: Readonly<Record<string, string>> = {
  telltale: 'Telltale',
  'GrowthBook Safe Rollout': 'GrowthBook',
  'Kayenta judge': 'Kayenta',
  'Flagger, 1 % errors': 'Flagger',
  'Harness monitoring window': 'Harness',
};

/** What a bar alone would say wrongly. */
const NOTES: Readonly<Record<string, string>> = {
  'GrowthBook, Harmless, ramp while the base rate climbs: rolled back': ' (its own ramp: see text)',
};

const PER_BAR = 20;
const PER_GROUP = 40 + PER_BAR * Object.keys(RULES).length;
const LEFT = 110;
const RIGHT = 470;
const ALPHA = 0.05;

/** How often each rule decided against the truth. */
export function wrongDecisions(simulated: readonly Simulated[]): string {
  const shown = Object.entries(SHOWN).flatMap(([name, title]) =>
    simulated.filter((one) => one.name === name).map((one) => ({ ...one, title })),
  );
  const height = 66 + PER_GROUP * shown.length;
  const x = linear([0, 1], [LEFT, RIGHT]);
  const groups = shown.flatMap(({ title, truth, rates }, group) => {
    const top = 76 + group * PER_GROUP;
    const bars = Object.entries(RULES).flatMap(([rule, name], i) => {
      const found = rates.find((one) => one.rule === rule);
      const share = found === undefined ? 0 : (falseRate(truth, found) ?? 0);
      const y = top + 12 + i * PER_BAR;
      const own = rule === 'telltale';
      return [
        label(LEFT - 8, y + 12, name, own ? 'text' : 'faint', 'end'),
        bar(x(0), y + 2, Math.max(1, x(share) - x(0)), PER_BAR - 7, own ? 'ours' : 'peer'),
        label(
          Math.max(x(share), x(ALPHA)) + 8,
          y + 12,
          `${percent(share)}${NOTES[`${name}, ${title}`] ?? ''}`,
          own ? 'text' : 'faint',
        ),
      ];
    });
    const bottom = top + 12 + PER_BAR * Object.keys(RULES).length;
    return [
      label(16, top, title, 'text'),
      rule({ x: x(ALPHA), y: top + 10 }, { x: x(ALPHA), y: bottom }, 'harm', '3 3'),
      ...bars,
    ];
  });
  const says = shown
    .map(
      ({ title, truth, rates }) =>
        `${title}: ${rates.map((one) => `${one.rule} ${percent(falseRate(truth, one) ?? 0)}`).join(', ')}.`,
    )
    .join(' ');
  return picture(720, height, 'How often a release is decided wrongly', says, [
    label(16, 48, 'share of simulated releases; dotted: 5 %', 'faint'),
    ...groups,
  ]);
}
