import { type Evidence, isStatisticsError, type Judgement, judge } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { nameOf, readEvidence } from './evidence-file.js';
import { EXIT, EXIT_BY_VERDICT, type ExitCode } from './exit-code.js';
import { printable } from './printable.js';
import { describeTreatment } from './treatment-text.js';

/** The verdict on a file of evidence: no backend, no network. */
export async function verdictCommand(argv: readonly string[]): Promise<ExitCode> {
  const { switches, positionals } = readArguments('verdict', argv, {
    options: [],
    switches: ['json', 'exit-code'],
    positionals: ['FILE, or - for standard input'],
  });
  const file = positionals[0] ?? '';
  const evidence = await readEvidence(file);
  const judgement = judged(evidence, file);
  console.log(
    switches.has('json')
      ? JSON.stringify(judgement, null, 2)
      : describe(printable(named(evidence)), printable(judgement)),
  );
  return switches.has('exit-code') ? EXIT_BY_VERDICT[judgement.verdict] : EXIT.ok;
}

function judged(evidence: Evidence, file: string): Judgement {
  try {
    return judge(evidence);
  } catch (error) {
    if (!isStatisticsError(error)) throw error;
    throw new BackendError('usage', `${nameOf(file)}: ${error.message} (${error.code})`);
  }
}

const NOTHING = { method: null, ratio: null, low: null, high: null, logEHarm: null, logESafe: null };

type Named = Pick<Evidence, 'flag' | 'control' | 'treatment' | 'parameters'>;

function named({ flag, control, treatment, parameters }: Evidence): Named {
  return { flag, control, treatment, ...(parameters === undefined ? {} : { parameters }) };
}

function describe({ flag, control, treatment, parameters }: Named, judgement: Judgement): string {
  const threshold = parameters?.slowThreshold ?? null;
  const told = {
    ...judgement,
    treatment,
    errors: judgement.errors ?? NOTHING,
    slow: threshold === null ? null : { ...(judgement.slow ?? NOTHING), threshold },
  };
  return `${flag}: ${describeTreatment(told, control)}`;
}
