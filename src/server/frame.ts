import type { Cut, Selection, Source } from '../sources/source.js';
import type { ChangeHistory } from './change-history.js';
import { type Epochs, epochsOf } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';
import { findRelease, type Release } from './release.js';
import { type SlowThreshold, slowThreshold } from './slow-threshold.js';

/** What a comparison is made of, found before anything is counted: whoever asks with the same frame counts the same. */
export interface Frame {
  readonly release: Release;
  /** What was asked for, with what operations are counted from. */
  readonly selection: Selection;
  readonly epochs: Epochs;
  readonly threshold: SlowThreshold;
  readonly cut: Cut;
}

/**
 * @param now Unix seconds: the end of the window, where `until` is not given
 * @throws BackendError as {@link findRelease} does
 */
export async function frameComparison(
  source: Source,
  flag: string,
  parameters: ComparisonParameters,
  now: number,
  changes: ChangeHistory | undefined,
): Promise<Frame> {
  const asked: Selection = {
    flag,
    service: parameters.service,
    environment: parameters.env,
    route: parameters.route,
  };
  const release = await findRelease(source, asked, parameters, parameters.until ?? now, changes);
  const selection = { ...asked, evidence: release.evidence };
  const epochs = epochsOf(release.changes, release.window);
  const threshold = await slowThreshold(source, selection, release.control, release.window, parameters.slow);
  const cut = {
    edgeIndex: threshold.edge.index,
    calibratedUntil: threshold.calibratedUntil,
    changes: epochs.cuts,
  };
  return { release, selection, epochs, threshold, cut };
}
