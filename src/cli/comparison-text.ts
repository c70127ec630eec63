import type { Comparison } from '../server/comparison.js';
import { nameOfEvidence } from '../server/evidence-use.js';
import { formatCount } from '../stats/index.js';
import { describeChanges } from './changes-text.js';
import { describeSample } from './sample-text.js';
import { day, percent, seconds, table } from './text.js';
import { describeTreatment, shout } from './treatment-text.js';

/** A comparison for people: what was seen of each variant, then each treatment against the control. */
export function describeComparison(comparison: Comparison): string {
  const { flag, control, window } = comparison;
  return [
    `${flag}: against ${control || '(no control)'}, ${day(window.from)} to ${day(window.to)}`,
    '',
    variantTable(comparison),
    ...countedFrom(comparison),
    ...describeSample(comparison.sampleRatioTest),
    ...describeChanges(comparison.changes),
    ...comparison.comparisons.map((treatment) => `\n${describeTreatment(treatment, control)}`),
    ...(comparison.comparisons.length === 0 ? [`\n${onlyOne(comparison)}`] : []),
  ].join('\n');
}

/** A line a treatment, and why. */
export function describeVerdicts(comparison: Comparison): string {
  const { flag, comparisons } = comparison;
  if (comparisons.length === 0) return `${flag}: HOLD. ${onlyOne(comparison)}`;
  return comparisons
    .map(({ treatment, verdict, reasons, explanation }) =>
      [`${flag} ${treatment}: ${shout(verdict, reasons)}`, ...explanation.map((line) => `  ${line}`)].join(
        '\n',
      ),
    )
    .join('\n');
}

function onlyOne({ control, cannot }: Comparison): string {
  return [
    `No operation of another variant than ${control || 'one'} was counted: there is nothing to compare.`,
    ...cannot,
  ].join(' ');
}

/** What was counted, services with the same on one line. */
function countedFrom({ evidence }: Comparison): string[] {
  const services = new Map<string, string[]>();
  for (const use of evidence) {
    const name = nameOfEvidence(use);
    services.set(name, [...(services.get(name) ?? []), use.service || '(no name)']);
  }
  return [...services].map(([name, of]) => `  counted from ${name} of ${of.join(', ')}`);
}

function variantTable({ variants }: Comparison): string {
  const expected = variants.some((variant) => variant.expectedShare !== null);
  const excluded = variants.some(({ excluded: out }) => Object.values(out).some((n) => n > 0));
  const header = [
    'variant',
    'requests',
    'share',
    ...(expected ? ['expected'] : []),
    'errors',
    'error rate',
    'p50',
    'p95',
    'p99',
  ];
  const rows = variants.map((v) => [
    v.variant,
    formatCount(v.requests),
    percent(v.share),
    ...(expected ? [percent(v.expectedShare)] : []),
    formatCount(v.errors),
    percent(v.errorRate),
    seconds(v.latency.p50),
    seconds(v.latency.p95),
    seconds(v.latency.p99),
    ...(excluded ? [leftOut(v.excluded)] : []),
  ]);
  return table([[...header, ...(excluded ? ['not compared'] : [])], ...rows], '  ');
}

function leftOut(excluded: Comparison['variants'][number]['excluded']): string {
  const parts = [
    [excluded.default, 'by default'],
    [excluded.override, 'by name'],
    [excluded.error, 'in error'],
    [excluded.aborted, 'aborted'],
  ] as const;
  return (
    parts
      .filter(([n]) => n > 0)
      .map(([n, what]) => `${formatCount(n)} ${what}`)
      .join(', ') || '-'
  );
}
