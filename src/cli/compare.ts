import type { Comparison } from '../server/comparison.js';
import { COMPARISON_PARAMETERS } from '../server/parameters.js';
import { isBackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { ask, DEFAULT_URL } from './client.js';
import { describeComparison, describeVerdicts } from './comparison-text.js';
import { configuredOptions } from './config-file.js';
import { EXIT, type ExitCode } from './exit-code.js';

export async function compareCommand(argv: readonly string[]): Promise<ExitCode> {
  const { comparison, json } = await askForComparison('compare', argv);
  console.log(json ? JSON.stringify(comparison, null, 2) : describeComparison(comparison));
  return EXIT.ok;
}

/** The gate for a pipeline: the worst verdict of all variants, as an exit code. */
export async function checkCommand(argv: readonly string[]): Promise<ExitCode> {
  try {
    const { comparison, json } = await askForComparison('check', argv);
    console.log(json ? JSON.stringify(comparison, null, 2) : describeVerdicts(comparison));
    return verdictCode(comparison);
  } catch (error) {
    // At the first step of a release no request may have come yet: that is no data, not a wrong call.
    if (!isBackendError(error) || error.code !== 'unknown-flag') throw error;
    console.error(`hold: ${error.message}`);
    return EXIT.hold;
  }
}

function verdictCode({ comparisons }: Comparison): ExitCode {
  if (comparisons.some(({ verdict }) => verdict === 'roll-back')) return EXIT.rollBack;
  const safe = comparisons.length > 0 && comparisons.every(({ verdict }) => verdict === 'roll-forward');
  return safe ? EXIT.ok : EXIT.hold;
}

async function askForComparison(
  command: string,
  argv: readonly string[],
): Promise<{ comparison: Comparison; json: boolean }> {
  const { values, switches, positionals } = readArguments(command, argv, {
    options: ['url', ...Object.keys(COMPARISON_PARAMETERS)],
    switches: ['json'],
    positionals: ['FLAG'],
  });
  const { url = DEFAULT_URL, ...given } = values;
  const flag = positionals[0] ?? '';
  const query = { ...configuredOptions(flag), ...given };
  const comparison = await ask<Comparison>(
    url,
    `/api/v1/flags/${encodeURIComponent(flag)}/comparison`,
    Object.entries(query).map(([name, value]): [string, string] => [name, value ?? '']),
  );
  return { comparison, json: switches.has('json') };
}
