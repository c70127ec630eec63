import type { EvidenceKind, EvidenceUse } from '../sources/source.js';
import { formatCount } from '../stats/index.js';

const NAMES: Readonly<Record<EvidenceKind, string>> = {
  'operation-duration': 'telltale.operation.duration',
  'http-duration': 'http.server.request.duration',
  'span-metrics': "a collector's span metrics",
  'entry-spans': 'entry spans',
  'hook-events': "flag hooks' events beside entry spans",
};

/** What a service's operations are counted from, in words. */
export function nameOfEvidence({ kind, samplingRate }: EvidenceUse): string {
  return `${NAMES[kind]}${samplingRate === 1 ? '' : ` (${sampling(samplingRate)})`}`;
}

function sampling(rate: number | null): string {
  if (rate === null) return 'whether sampled is unknown';
  const one = 1 / rate;
  return `sampled 1 in ${one < 10 ? Number(one.toPrecision(2)) : formatCount(Math.round(one))}`;
}

/** What a comparison cannot tell for what it is counted from, in sentences. */
export function evidenceNotes(uses: readonly EvidenceUse[]): string[] {
  return uses
    .filter(({ kind }) => kind !== 'operation-duration')
    .map(
      (use) =>
        `Operations of ${use.service || 'a service without a name'} are counted from ${nameOfEvidence(use)}, which cannot tell ` +
        `overrides: who has a variant by name counts as assigned.${labelNote(use)}${samplingNote(use)}`,
    );
}

/** Where the store knows both of two such keys, it was refused; of others nobody can see it. */
function labelNote({ label }: EvidenceUse): string {
  if (label === undefined) return '';
  return ` That store has the flag as the label ${label}, and would have every key that differs in nothing but dots, dashes and the like in the same one.`;
}

function samplingNote({ kind, samplingRate }: EvidenceUse): string {
  if (samplingRate === 1) return '';
  if (samplingRate !== null) {
    return ' Shares and error rates are corrected for the sampling; the verdict counts what was seen, which is right where keeping a span did not depend on how it ended.';
  }
  const keeps =
    ' If any were kept or dropped by how they ended (tail sampling), the verdict is wrong, and nothing here can see that.';
  return kind === 'span-metrics'
    ? `${keeps} A connector multiplies spans with a sampling threshold: with enable_metrics_sampling_method those are left out.`
    : keeps;
}
