import { type ReactElement, useCallback, useId, useMemo, useState } from 'react';
import type { LatencyDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import { Chart } from '../../charts/chart.js';
import type { ChartLook } from '../../charts/chart-look.js';
import { latencyOption } from '../../charts/latency-chart.js';
import { distributionNumbers, latencySummary } from '../../charts/latency-numbers.js';
import type { LatencyView } from '../../charts/latency-shape.js';
import { Answered } from '../../parts/answered.js';
import { Choice } from '../../parts/choice.js';
import { count, duration } from '../../parts/format.js';
import { NumberHeads } from '../../parts/number-heads.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import { inOrder } from '../../state/variant-style.js';
import type { SectionProps } from './section-props.js';

const VIEWS = [
  ['density', 'Density'],
  ['cumulative', 'Cumulative'],
] as const;

/** How long requests took, all variants over each other. */
export function LatencySection({ flag, query, looks }: SectionProps): ReactElement {
  const id = useId();
  const path = flagPath(flag, 'latency', query);
  const answer = useAnswer<LatencyDocument & { readonly cannot?: null }>(path, { isCalm: true });
  return (
    <section className="part" aria-labelledby={id}>
      <h2 id={id}>Latency</h2>
      <Answered answer={answer}>{(latency) => <Distributions {...{ latency, looks }} />}</Answered>
    </section>
  );
}

interface LatencyProps extends Pick<SectionProps, 'looks'> {
  readonly latency: LatencyDocument;
}

function Distributions({ latency: answered, looks }: LatencyProps): ReactElement {
  const latency = useMemo(
    () => ({ ...answered, variants: inOrder(answered.variants, looks) }),
    [answered, looks],
  );
  const [view, setView] = useState<LatencyView>('density');
  const option = useCallback(
    (look: ChartLook) => latencyOption(latency, looks, view, look),
    [latency, looks, view],
  );
  const numbers = useCallback(() => distributionNumbers(latency), [latency]);
  if (latency.variants.every(({ p50 }) => p50 === null)) {
    return <p>No durations in this time.</p>;
  }
  if (latency.variants.every(({ buckets }) => buckets.length === 0)) {
    return (
      <>
        <p>Where this is counted from has percentiles, and no buckets to draw.</p>
        <Percentiles latency={latency} looks={looks} />
      </>
    );
  }
  return (
    <>
      <Choice legend="Show" options={VIEWS} value={view} onChange={setView} />
      <Chart
        title={
          view === 'density'
            ? 'Share of requests per doubling of duration'
            : 'Share of requests up to a duration'
        }
        summary={latencySummary(latency)}
        variants={latency.variants.map(({ variant }) => variant)}
        {...{ option, looks, numbers, heightRem: 20 }}
      />
      <Percentiles latency={latency} looks={looks} />
    </>
  );
}

function Percentiles({ latency: { variants, slowThreshold }, looks }: LatencyProps): ReactElement {
  return (
    <TableBox
      name="Percentiles by variant"
      note={slowThreshold === null ? undefined : `Slow: over ${duration(slowThreshold)}.`}
    >
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <NumberHeads names={['Requests', 'p50', 'p95', 'p99']} />
        </tr>
      </thead>
      <tbody>
        {variants.map(({ variant, requests, p50, p95, p99 }) => (
          <tr key={variant}>
            <th scope="row">
              <VariantName name={variant} style={looks.get(variant)} />
            </th>
            <td className="number">{requests === null ? '-' : count(requests)}</td>
            <td className="number">{duration(p50)}</td>
            <td className="number">{duration(p95)}</td>
            <td className="number">{duration(p99)}</td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}
