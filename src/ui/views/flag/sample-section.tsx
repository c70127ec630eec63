import type { ReactElement } from 'react';
import type { Comparison, SampleRatioTest } from '../../../server/comparison.js';
import { Card } from '../../parts/card.js';
import { count, moment, percent } from '../../parts/format.js';
import { NumberHeads } from '../../parts/number-heads.js';
import { sentence } from '../../parts/sentence.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import { orderVariants, type VariantStyle } from '../../state/variant-style.js';
import { sampleWords } from './sample-words.js';

const BY: Readonly<Record<SampleRatioTest['by'], string>> = {
  'unit-ids': 'Each unit at its first exposure, by its id.',
  'unit-counters': 'Each unit at its first exposure, by the counters of one process.',
};

/** Whether units follow the allocation: the check of the experiment itself. */
export function SampleSection({
  comparison: { sampleRatioTest: test, control },
  looks,
}: {
  readonly comparison: Comparison;
  readonly looks: ReadonlyMap<string, VariantStyle>;
}): ReactElement {
  return (
    <Card id="sample" heading="Sample ratio">
      {test === null || test.tested.length === 0 ? (
        <p>
          Not tested: which units saw what is not known, or nobody told which shares to expect. Tell{' '}
          <code>allocation</code>, or the flag&rsquo;s changes with their shares; the reasons above say what
          else is missing.
        </p>
      ) : (
        <>
          <p>{sampleWords(test.tested)}</p>
          <TableBox name="Units by variant and epoch" note={BY[test.by]}>
            <thead>
              <tr>
                <th scope="col">Epoch</th>
                <th scope="col">Variant</th>
                <NumberHeads names={['Units', 'Expected units', 'Share', 'Expected share']} />
              </tr>
            </thead>
            {test.tested.map((epoch) => (
              <Epoch key={epoch.from} epoch={epoch} control={control} looks={looks} />
            ))}
          </TableBox>
        </>
      )}
      {test !== null && test.untested.length > 0 && (
        <>
          <h3>Not tested</h3>
          <ul className="sentences">
            {test.untested.map(({ from, to, why }) => (
              <li key={from}>
                {moment(from)} to {moment(to)}: {sentence(why)}.
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Epoch({
  epoch: { from, to, allocation, exposed },
  control,
  looks,
}: {
  readonly epoch: SampleRatioTest['tested'][number];
  readonly control: string;
  readonly looks: ReadonlyMap<string, VariantStyle>;
}): ReactElement {
  const all = Object.values(exposed).reduce((sum, units) => sum + units, 0);
  const variants = orderVariants([...Object.keys(allocation), ...Object.keys(exposed)], control);
  return (
    <tbody>
      {variants.map((variant, i) => {
        const units = exposed[variant] ?? 0;
        const share = allocation[variant] ?? 0;
        return (
          <tr key={variant}>
            {i === 0 && (
              <th scope="rowgroup" rowSpan={variants.length}>
                {moment(from)} to {moment(to)}
              </th>
            )}
            <th scope="row">
              <VariantName name={variant} style={looks.get(variant)} />
            </th>
            <td className="number">{count(units)}</td>
            <td className="number">{count(share * all)}</td>
            <td className="number">{percent(all === 0 ? null : units / all)}</td>
            <td className="number">{percent(share)}</td>
          </tr>
        );
      })}
    </tbody>
  );
}
