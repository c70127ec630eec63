import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { PageDocument } from '../../../server/page/documents.js';
import { ApiFailure, ask, flagPath } from '../../api/client.js';
import { Card } from '../../parts/card.js';
import { CopyLine } from '../../parts/copy-line.js';
import { fileName } from '../../parts/file-name.js';
import { Name } from '../../parts/name.js';
import { checkLine } from './check-line.js';
import { saveJson } from './download.js';
import type { SectionProps } from './section-props.js';

interface ExportProps extends Pick<SectionProps, 'flag' | 'query'> {
  readonly comparison: Comparison;
  readonly page: PageDocument | undefined;
}

/** What can be taken along: evidence, the line for a pipeline, dashboards. */
export function ExportSection({ flag, query, comparison, page }: ExportProps): ReactElement {
  const { run, said } = useTask();
  const evidence = (treatment: string) => async (signal: AbortSignal) => {
    const { comparisons } = await ask<Comparison>(
      flagPath(flag, 'comparison', { ...query, treatment, evidence: '1' }),
      signal,
    );
    saveJson(fileName([flag, treatment, 'evidence'], 'json'), comparisons[0]?.evidence);
  };
  const dashboard = (path: string) => async (signal: AbortSignal) => {
    saveJson(fileName([path.split('/').at(-1) ?? 'dashboard'], 'json'), await ask(path, signal));
  };
  return (
    <Card id="export" heading="Export">
      <h3>Evidence</h3>
      <p>
        What a verdict was computed from: <code>telltale verdict FILE</code> gives the same of it, without a
        backend.
      </p>
      <div className="row">
        {comparison.comparisons.map(({ treatment }) => (
          <button key={treatment} type="button" onClick={() => run(evidence(treatment))}>
            Evidence of <Name>{treatment}</Name> (JSON)
          </button>
        ))}
      </div>
      <h3>In a pipeline</h3>
      <p>The same comparison as an exit code: 0 roll forward, 10 roll back, 20 hold.</p>
      <CopyLine label="Line for a pipeline" text={checkLine(location.origin, flag, query)} />
      {page !== undefined && page.dashboards.length > 0 && (
        <>
          <h3>Dashboards</h3>
          <div className="row">
            {page.dashboards.map(({ name, path }) => (
              <button key={path} type="button" onClick={() => run(dashboard(path))}>
                {name} (JSON)
              </button>
            ))}
          </div>
        </>
      )}
      <p role="status">{said}</p>
    </Card>
  );
}

/** One download at a time, and what became of it. */
function useTask(): { run(task: (signal: AbortSignal) => Promise<void>): void; said: string } {
  const [said, setSaid] = useState('');
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const run = (task: (signal: AbortSignal) => Promise<void>) => {
    running.current?.abort();
    running.current = new AbortController();
    const { signal } = running.current;
    setSaid('Asking the backend.');
    task(signal).then(
      () => setSaid('Saved.'),
      (error: unknown) => {
        if (!signal.aborted)
          setSaid(`Not saved. ${error instanceof ApiFailure ? error.message : String(error)}`);
      },
    );
  };
  return { run, said };
}
