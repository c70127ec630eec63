import type { Comparison } from '../server/comparison.js';
import { COMPARISON_PARAMETERS } from '../server/parameters.js';
import { isBackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { ask, DEFAULT_URL } from './client.js';
import { describeComparison, describeVerdicts } from './comparison-text.js';
import { configuredOptions } from './config-file.js';
import { EXIT, type ExitCode } from './exit-code.js';

const COMPARE_OPTIONS = Object.keys(COMPARISON_PARAMETERS);
/** A route is an outcome of the variant: it is for looking closer, and must not open or shut a gate. */
const CHECK_OPTIONS = COMPARE_OPTIONS.filter((name) => name !== 'route');

export async function compareCommand(argv: readonly string[]): Promise<ExitCode> {
  const { comparison, json } = await askForComparison('compare', argv, COMPARE_OPTIONS);
  console.log(json ? JSON.stringify(comparison, null, 2) : describeComparison(comparison));
  return EXIT.ok;
}

/** The gate for a pipeline: the worst verdict of all variants, as an exit code. */
export async function checkCommand(argv: readonly string[]): Promise<ExitCode> {
  try {
    const { comparison, json } = await askForComparison('check', argv, CHECK_OPTIONS);
    console.log(json ? JSON.stringify(comparison, null, 2) : describeVerdicts(comparison));
    return verdictCode(comparison);
  } catch (error) {
    // At the first step of a release no request may have come yet: that is no data, not a wrong call.
    if (!isBackendError(error) || error.code !== 'unknown-flag') throw error;
    console.error(`hold: ${error.message}`);
    return EXIT.hold;
  }
}

function verdictCode({ variants, comparisons }: Comparison): ExitCode {
  if (comparisons.some(({ verdict }) => verdict === 'roll-back')) return EXIT.rollBack;
  // A variant that only named users have has nothing to be judged by, and would hold the others for ever; one
  // that is meant to have a share and has none is no data, which is never a pass.
  const inRelease = variants.filter(
    ({ requests, expectedShare }) => requests > 0 || (expectedShare ?? 0) > 0,
  );
  const released = new Set(inRelease.map(({ variant }) => variant));
  const judged = comparisons.filter(({ treatment }) => released.has(treatment));
  const safe = judged.length > 0 && judged.every(({ verdict }) => verdict === 'roll-forward');
  return safe ? EXIT.ok : EXIT.hold;
}

async function askForComparison(
  command: string,
  argv: readonly string[],
  options: readonly string[],
): Promise<{ comparison: Comparison; json: boolean }> {
  const { values, switches, positionals } = readArguments(command, argv, {
    options: ['url', ...options],
    switches: ['json'],
    positionals: ['FLAG'],
  });
  const { url = DEFAULT_URL, ...given } = values;
  const flag = positionals[0] ?? '';
  const configured = Object.entries(configuredOptions(flag)).filter(([name]) => options.includes(name));
  const query = { ...Object.fromEntries(configured), ...given };
  const comparison = await ask<Comparison>(
    url,
    `/api/v1/flags/${encodeURIComponent(flag)}/comparison`,
    Object.entries(query).map(([name, value]): [string, string] => [name, value ?? '']),
  );
  return { comparison, json: switches.has('json') };
}
