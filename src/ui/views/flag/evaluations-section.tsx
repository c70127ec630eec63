import type { ReactElement } from 'react';
import type { EvaluationsDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import { Answered } from '../../parts/answered.js';
import { Card } from '../../parts/card.js';
import { count, percent } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { NumberHeads } from '../../parts/number-heads.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import type { SectionProps } from './section-props.js';

/**
 * Evaluations, and those that failed.
 *
 * @param from Where the comparison begins, ISO 8601: a release may be younger than what is looked back to
 */
export function EvaluationsSection({
  flag,
  query: { since, until, service, env },
  looks,
  from,
}: SectionProps & { readonly from: string }): ReactElement {
  const answer = useAnswer<EvaluationsDocument>(
    flagPath(flag, 'evaluations', { since: since ?? from, until, service, env }),
    { isCalm: true },
  );
  return (
    <Card id="evaluations" heading="Evaluations">
      <Answered answer={answer}>
        {(document) => (
          <>
            <p>
              {document.failed === 0 ? (
                <>None of {count(document.evaluations)} evaluations failed.</>
              ) : (
                <>
                  <strong>
                    {count(document.failed)} of {count(document.evaluations)} evaluations failed (
                    {percent(document.failed / document.evaluations)})
                  </strong>
                  : they gave the default, and are not compared.
                </>
              )}
            </p>
            {document.kinds.length > 0 && <Kinds document={document} looks={looks} />}
          </>
        )}
      </Answered>
    </Card>
  );
}

function Kinds({
  document: { kinds, evaluations, leftOut },
  looks,
}: {
  readonly document: EvaluationsDocument;
  readonly looks: SectionProps['looks'];
}): ReactElement {
  return (
    <>
      <TableBox name="Evaluations by variant, reason and provider">
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col">Reason</th>
            <th scope="col">Provider</th>
            <th scope="col">Failed with</th>
            <NumberHeads names={['Evaluations', 'Share']} />
          </tr>
        </thead>
        <tbody>
          {kinds.map((kind) => (
            <tr key={JSON.stringify([kind.variant, kind.reason, kind.provider, kind.errorType])}>
              <th scope="row">
                <VariantName name={kind.variant || '(none)'} style={looks.get(kind.variant)} />
              </th>
              <td>
                <Name>{kind.reason || '-'}</Name>
              </td>
              <td>
                <Name>{kind.provider || '-'}</Name>
              </td>
              <td>
                {kind.errorType === '' ? (
                  '-'
                ) : (
                  <span className="failed">
                    <Name>{kind.errorType}</Name>
                  </span>
                )}
              </td>
              <td className="number">{count(kind.evaluations)}</td>
              <td className="number">{percent(evaluations === 0 ? null : kind.evaluations / evaluations)}</td>
            </tr>
          ))}
        </tbody>
      </TableBox>
      {leftOut > 0 && <p className="soft">And {count(leftOut)} rarer kinds.</p>}
    </>
  );
}
