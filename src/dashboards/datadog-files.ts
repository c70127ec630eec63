import { datadogDashboard } from './datadog-dashboard.js';
import { METRIC_TAGS } from './datadog-metric-tags.js';
import { datadogMonitors } from './datadog-monitors.js';
import { type DatadogSelection, STANDARD_CONTROL, STANDARD_SLOW_SECONDS } from './datadog-selection.js';
import { datadogSpansMetrics, datadogTraceQueries } from './datadog-spans.js';
import { TERRAFORM_ACCOUNT, TERRAFORM_FLAG } from './datadog-terraform.js';

/** All that there is for a selection, as texts by path. What is about one flag needs one. */
export function datadogFiles(selection: DatadogSelection): Readonly<Record<string, string>> {
  const { flag } = selection;
  const dashboard = { 'dashboard.json': json(datadogDashboard(selection)) };
  if (flag === undefined) {
    return { ...dashboard, 'metric-tags.json': json(METRIC_TAGS), 'main.tf': TERRAFORM_ACCOUNT };
  }
  const selected = { ...selection, flag };
  return {
    ...dashboard,
    ...inFolder('monitors', datadogMonitors(selected)),
    ...inFolder('spans-metrics', datadogSpansMetrics(selected)),
    'trace-queries.json': json(datadogTraceQueries(selected)),
    'main.tf': TERRAFORM_FLAG,
  };
}

/** What is checked in: the files for all flags, and below them those for a flag of the demo. */
export function datadogExamples(): Readonly<Record<string, string>> {
  const selection = { control: STANDARD_CONTROL, slowSeconds: STANDARD_SLOW_SECONDS };
  const flag = 'new-checkout';
  const ofFlag = Object.entries(datadogFiles({ ...selection, flag }));
  return {
    ...datadogFiles(selection),
    ...Object.fromEntries(ofFlag.map(([path, text]) => [`${flag}/${path}`, text])),
  };
}

function inFolder(folder: string, documents: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(documents).map(([name, document]) => [`${folder}/${name}.json`, json(document)]),
  );
}

function json(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
