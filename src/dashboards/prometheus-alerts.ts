import { type HistogramKind, slowShare, valued } from './promql.js';
import { VARIANT } from './promql-added.js';

/**
 * Rules for Prometheus, as YAML: sums by variant that alerts and other dashboards read, and the alerts. They are for
 * both kinds of histograms, service by service whichever it has.
 */

const WINDOW = '30m';
const FLAG = 'feature_flag_key';
const BY = [FLAG, VARIANT, 'job'];
const OF_RELEASE = `${FLAG}, job`;

/** As a comparison guesses the control; PromQL's regular expressions are anchored. */
const CONTROL = `${VARIANT}=~"(?i:off|control|false|baseline)"`;
const TREATMENT = CONTROL.replace('=~', '!~');

/** 297 ms, an edge of the histograms. */
const SLOW = String(2 ** (-7 / 4));

const OPERATIONS = { matchers: [], by: BY, window: WINDOW } as const;

function ofEither(expression: (kind: HistogramKind) => string): string {
  return `${expression('classic')}\nor ${expression('native')}`;
}

const RECORDED = {
  requests: 'telltale:requests:added30m',
  errors: 'telltale:errors:added30m',
  slow: 'telltale:slow:added30m',
} as const;

/** How many more than `times` as often as the control, where the control had 100 requests. */
function excess(what: string, times: number): string {
  const control = (name: string): string => `sum by (${OF_RELEASE}) (${name}{${CONTROL}})`;
  return `${what}{${TREATMENT}}
  - ${times} * ${RECORDED.requests}{${TREATMENT}}
  * on (${OF_RELEASE}) group_left () (${control(what)} / (${control(RECORDED.requests)} >= 100))`;
}

interface Rule {
  readonly name: string;
  readonly comment: string;
  readonly expr: string;
  readonly for: string;
  readonly summary: string;
  readonly description: string;
}

const OF_VARIANT = `Variant {{ $labels.${VARIANT} }} of flag {{ $labels.${FLAG} }}`;

const ALERTS: readonly Rule[] = [
  {
    name: 'FeatureFlagErrors',
    comment: 'At least 10 failures more than at one and a half times the rate of the control.',
    expr: `${excess(RECORDED.errors, 1.5)}\n  > 10`,
    for: '5m',
    summary: `${OF_VARIANT} fails more often than the control`,
    description: `In {{ $labels.job }}, {{ printf "%.0f" $value }} more operations failed in 30 minutes than at 1.5 times the rate of the control. Ask \`telltale compare\` whether it is chance.`,
  },
  {
    name: 'FeatureFlagSlow',
    comment: 'At least 20 slow operations more than at one and a quarter times the share of the control.',
    expr: `${excess(RECORDED.slow, 1.25)}\n  > 20`,
    for: '5m',
    summary: `${OF_VARIANT} is slow more often than the control`,
    description: `In {{ $labels.job }}, {{ printf "%.0f" $value }} more operations took over 297 ms in 30 minutes than at 1.25 times the share of the control.`,
  },
  {
    name: 'FeatureFlagNoData',
    comment: 'An hour ago there were operations with the flag, and now there is none.',
    expr: `sum by (${OF_RELEASE}) (${RECORDED.requests} offset 1h) > 100\n  unless sum by (${OF_RELEASE}) (${RECORDED.requests}) > 0`,
    for: '5m',
    summary: `No operation of {{ $labels.job }} evaluates flag {{ $labels.${FLAG} }} any more`,
    description:
      'It did an hour ago, in over 100 operations of 30 minutes. Was the flag removed, or does telemetry not arrive?',
  },
  {
    name: 'FeatureFlagTelemetryDropped',
    comment: "A limit of Telltale's in the application was met: see docs/privacy-and-limits.md.",
    // The first of its kind makes the series, which increase() does not see.
    expr: `sum by (job, reason) (
  increase(telltale_dropped_total[30m]) > 0 or telltale_dropped_total > 0 unless telltale_dropped_total offset 30m
) > 0`,
    for: '0m',
    summary: 'Telltale in {{ $labels.job }} leaves something out: {{ $labels.reason }}',
    description:
      'What a limit refused is in no count. docs/privacy-and-limits.md of the package telltale says which.',
  },
];

/** The rules' file. */
export function prometheusAlerts(): string {
  return `# Alerts on feature flags, for Prometheus 3 with OTLP and its default names. Written by \`npm run docs\` of telltale.
# Load it by \`rule_files\`; docs/grafana.md says what the alerts mean. The control is the variant called off, control,
# false or baseline. Slow is above 297 ms: another threshold must be an edge 2^(k/4) s, such as 0.25 or 0.5.
groups:
  - name: telltale
    interval: 1m
    rules:
${recording(
  RECORDED.requests,
  ofEither((kind) => valued(kind, 'requests', OPERATIONS)),
)}
${recording(
  RECORDED.errors,
  ofEither((kind) => valued(kind, 'errors', OPERATIONS)),
)}
${recording(RECORDED.slow, `(${ofEither((kind) => slowShare(kind, SLOW, OPERATIONS))}) * ${RECORDED.requests}`)}
${ALERTS.map(alert).join('\n')}
`;
}

function recording(name: string, expr: string): string {
  return `      - record: ${name}
        expr: |-
${indented(expr)}`;
}

/** Texts are ours alone, and JSON's strings are YAML's. */
function alert({ name, comment, expr, for: time, summary, description }: Rule): string {
  return `      # ${comment}
      - alert: ${name}
        expr: |-
${indented(expr)}
        for: ${time}
        labels:
          severity: warning
        annotations:
          summary: ${JSON.stringify(summary)}
          description: ${JSON.stringify(description)}`;
}

function indented(text: string): string {
  return text.replace(/^/gm, ' '.repeat(10));
}
