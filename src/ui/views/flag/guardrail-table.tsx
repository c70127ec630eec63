import type { ReactElement } from 'react';
import type { GuardrailSummary, TreatmentComparison } from '../../../server/comparison.js';
import { DEFAULT_PARAMETERS } from '../../../stats/evidence.js';
import { ForestAxis, ForestPlot } from '../../parts/forest-plot.js';
import { intervalWords } from '../../parts/forest-scale.js';
import { duration } from '../../parts/format.js';
import { oddsWords } from '../../parts/odds-words.js';
import { TableBox } from '../../parts/table-box.js';
import { usePlace } from '../../state/place.js';
import type { VariantStyle } from '../../state/variant-style.js';

/** Both guardrails of a treatment: ratios with their bounds, and the odds of harm and of safety. */
export function GuardrailTable({
  treated: { treatment, errors, slow },
  style,
}: {
  readonly treated: TreatmentComparison;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  const { query } = usePlace();
  const margin = (name: string, fallback: number) => Number(query[name]) || fallback;
  const slower = slow.threshold === null ? 'Slow (not set yet)' : `Slower than ${duration(slow.threshold)}`;
  const rows = [
    ['Errors', errors, margin('margin-errors', DEFAULT_PARAMETERS.marginErrors)],
    [slower, slow, margin('margin-slow', DEFAULT_PARAMETERS.marginSlow)],
  ] as const;
  return (
    <TableBox
      name={`Guardrails of ${treatment}`}
      note="Times the control’s rate, with bounds that hold at every look. From the dotted line on it is no longer safe."
    >
      <thead>
        <tr>
          <th scope="col">Guardrail</th>
          <th scope="col">
            <span className="unseen">Picture of the ratio</span>
            <ForestAxis />
          </th>
          <th scope="col">Ratio</th>
          <th scope="col">Odds of harm</th>
          <th scope="col">Odds of safety</th>
          <th scope="col">Counted by</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, guardrail, marginOf]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <ForestPlot interval={guardrail} style={style} margin={marginOf} />
            </td>
            <td className="short">{intervalWords(guardrail)}</td>
            <td className="short">{oddsWords(guardrail.logEHarm)}</td>
            <td className="short">{oddsWords(guardrail.logESafe)}</td>
            <td>{methodWords(guardrail)}</td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

function methodWords({ method }: GuardrailSummary): string {
  if (method === null) return '-';
  return method === 'requests' ? 'requests' : 'units';
}
