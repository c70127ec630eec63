import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { datadogFiles } from '../dashboards/datadog-files.js';
import {
  type DatadogSelection,
  STANDARD_CONTROL,
  STANDARD_SLOW_SECONDS,
} from '../dashboards/datadog-selection.js';
import { duration } from '../server/parameters.js';
import { snapThreshold } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { COST_OPTIONS } from './cost-options.js';
import { describeCost, readCostDimensions } from './datadog-cost.js';
import { EXIT, type ExitCode } from './exit-code.js';

const SELECTION_OPTIONS = ['flag', 'control', 'treatment', 'service', 'env', 'slow', 'out'];

/** Prints the dashboard, writes all files to a folder, or prints what the metrics cost. */
export async function datadogCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values, switches } = readArguments('dashboards', argv, {
    options: [...SELECTION_OPTIONS, ...Object.keys(COST_OPTIONS)],
    switches: ['estimate'],
    positionals: [],
  });
  const estimate = switches.has('estimate');
  refuseOthers(values, estimate ? SELECTION_OPTIONS : Object.keys(COST_OPTIONS), estimate);
  if (estimate) {
    console.log(describeCost(readCostDimensions(values)));
    return EXIT.ok;
  }
  const files = datadogFiles(readSelection(values));
  const { out } = values;
  if (out === undefined) {
    process.stdout.write(files['dashboard.json'] ?? '');
  } else {
    writeFiles(out, files);
    console.log(
      Object.keys(files)
        .map((path) => join(out, path))
        .join('\n'),
    );
  }
  return EXIT.ok;
}

function refuseOthers(
  values: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
  estimate: boolean,
): void {
  const other = names.find((name) => values[name] !== undefined);
  if (other === undefined) return;
  const message = estimate
    ? `--estimate counts metrics, and takes no --${other}: leave one of them out.`
    : `--${other} is for --estimate: give that too, or leave --${other} out.`;
  throw new BackendError('usage', message);
}

function readSelection(values: Readonly<Record<string, string | undefined>>): DatadogSelection {
  const { flag, control = STANDARD_CONTROL, treatment, service, env, slow } = values;
  for (const [name, value] of Object.entries(values)) {
    // An empty one is a variable that a pipeline did not set.
    if (value === '') throw new BackendError('usage', `--${name} is empty; give a value, or leave it out.`);
  }
  if (flag === undefined && treatment !== undefined) {
    throw new BackendError('usage', '--treatment is of a flag: give --flag too, or leave --treatment out.');
  }
  if (treatment === control) {
    const message = `--treatment and --control are both ${JSON.stringify(control)}: a variant is not compared with itself.`;
    throw new BackendError('usage', message);
  }
  return {
    ...(flag === undefined ? {} : { flag }),
    control,
    ...(treatment === undefined ? {} : { treatment }),
    ...(service === undefined ? {} : { service }),
    ...(env === undefined ? {} : { environment: env }),
    // An edge of the buckets, so that nothing of a bucket is guessed.
    slowSeconds: slow === undefined ? STANDARD_SLOW_SECONDS : snapThreshold(duration(slow, '--slow')).edge,
  };
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  } catch (error) {
    throw new BackendError('usage', `--out ${folder} cannot be written: ${(error as Error).message}.`);
  }
}
