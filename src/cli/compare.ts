import type { Comparison } from '../server/comparison.js';
import { COMPARISON_PARAMETERS, GATE_PARAMETERS } from '../server/parameters.js';
import { BackendError, type BackendErrorCode, isBackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { asked, queryOf } from './asked.js';
import { describeComparison, describeVerdicts } from './comparison-text.js';
import { configuredOptions } from './config-file.js';
import { writeEvidence } from './evidence-file.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { printable } from './printable.js';

const COMPARE_OPTIONS = Object.keys(COMPARISON_PARAMETERS);

/** What is refused for want of any request, which at another time need not be. */
const NO_DATA: ReadonlySet<BackendErrorCode> = new Set(['unknown-flag', 'unknown-treatment']);

export async function compareCommand(argv: readonly string[]): Promise<ExitCode> {
  const { comparison, json, evidence } = await askForComparison('compare', argv, COMPARE_OPTIONS, [
    'evidence',
  ]);
  const shown = evidence === undefined ? comparison : await keepEvidence(comparison, evidence);
  console.log(json ? JSON.stringify(shown, null, 2) : describeComparison(printable(shown)));
  return EXIT.ok;
}

/**
 * Writes what the verdict was computed from, and gives the comparison without it. One file is the evidence of
 * one treatment, so that whatever reads evidence reads one format: with several, the asker says which.
 */
async function keepEvidence(comparison: Comparison, file: string): Promise<Comparison> {
  const { flag, comparisons } = comparison;
  const [first, ...others] = comparisons;
  if (first?.evidence === undefined) {
    throw new BackendError('usage', `${flag} has only one variant so far: there is no evidence to write.`);
  }
  if (others.length > 0) {
    const names = comparisons.map(({ treatment }) => treatment).join(', ');
    throw new BackendError(
      'usage',
      `--evidence writes one comparison, and ${flag} has ${comparisons.length}: name one of ${names} with --treatment VARIANT.`,
    );
  }
  await writeEvidence(file, first.evidence);
  const { evidence: _, ...rest } = first;
  return { ...comparison, comparisons: [rest] };
}

/** The gate for a pipeline: the worst verdict of all variants, as an exit code. */
export async function checkCommand(argv: readonly string[]): Promise<ExitCode> {
  try {
    const { comparison, json } = await askForComparison('check', argv, GATE_PARAMETERS);
    console.log(json ? JSON.stringify(comparison, null, 2) : describeVerdicts(printable(comparison)));
    return verdictCode(comparison);
  } catch (error) {
    // At the first step of a release no request may have come yet: that is no data, not a wrong call.
    if (!isBackendError(error) || !NO_DATA.has(error.code)) throw error;
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
  extra: readonly string[] = [],
): Promise<{ comparison: Comparison; json: boolean; evidence: string | undefined }> {
  const { values, switches, positionals } = readArguments(command, argv, {
    options: ['url', 'token-file', 'source', ...extra, ...options],
    switches: ['json'],
    positionals: ['FLAG'],
  });
  const { url, 'token-file': tokenFile, source, evidence, ...given } = values;
  if (evidence === '' || evidence === '-') {
    throw new BackendError('usage', '--evidence must be a file to write; what is printed is the comparison.');
  }
  const flag = positionals[0] ?? '';
  const configured = Object.entries(configuredOptions(flag)).filter(([name]) => options.includes(name));
  const query = {
    ...Object.fromEntries(configured),
    ...given,
    ...(evidence === undefined ? {} : { evidence: '1' }),
  };
  const comparison = await asked({ url, tokenFile, source }).comparison(flag, queryOf(query));
  return { comparison, json: switches.has('json'), evidence };
}
