import type { ReactElement } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { FailureKind, FailuresDocument } from '../../../server/page/documents.js';
import { useAnswer } from '../../api/answer.js';
import { flagPath } from '../../api/client.js';
import { Answered } from '../../parts/answered.js';
import { Card } from '../../parts/card.js';
import { count, ratio } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import type { SectionProps } from './section-props.js';
import { TraceLinks } from './trace-links.js';

interface FailuresProps extends SectionProps {
  readonly variants: Comparison['variants'];
  readonly traceUrl: string | null;
}

/** The commonest ways to fail, the variants side by side. */
export function FailuresSection({ flag, query, looks, variants, traceUrl }: FailuresProps): ReactElement {
  const answer = useAnswer<FailuresDocument>(flagPath(flag, 'failures', query), {
    isCalm: true,
  });
  const requests = new Map(variants.map((variant) => [variant.variant, variant.requests]));
  return (
    <Card id="failures" heading="Commonest failures">
      <Answered answer={answer}>
        {({ kinds, leftOut }) =>
          kinds.length === 0 ? (
            <p>No operation is known to have failed in this window.</p>
          ) : (
            <>
              <TableBox
                name="Failures by variant"
                note="Failed operations, and in brackets how many that is for each 1,000 compared requests of the variant."
              >
                <thead>
                  <tr>
                    <th scope="col">Failure</th>
                    {[...looks].map(([variant, style]) => (
                      <th key={variant} scope="col">
                        <VariantName name={variant} style={style} />
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {kinds.map((kind) => (
                    <tr key={JSON.stringify([kind.errorType, kind.exceptionType, kind.route])}>
                      <th scope="row">
                        <KindName kind={kind} />
                      </th>
                      {[...looks.keys()].map((variant) => (
                        <td key={variant}>
                          <Cell
                            kind={kind}
                            variant={variant}
                            requests={requests.get(variant) ?? 0}
                            traceUrl={traceUrl}
                          />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </TableBox>
              {leftOut > 0 && <p className="soft">And {count(leftOut)} rarer kinds.</p>}
            </>
          )
        }
      </Answered>
    </Card>
  );
}

function KindName({
  kind: { errorType, exceptionType, route },
}: {
  readonly kind: FailureKind;
}): ReactElement {
  return (
    <>
      <Name>{errorType || '(no error.type)'}</Name>
      {exceptionType !== '' && (
        <>
          {' '}
          <Name>{exceptionType}</Name>
        </>
      )}
      {route !== '' && (
        <div className="soft">
          <Name>{route}</Name>
        </div>
      )}
    </>
  );
}

function Cell({
  kind,
  variant,
  requests,
  traceUrl,
}: {
  readonly kind: FailureKind;
  readonly variant: string;
  readonly requests: number;
  readonly traceUrl: string | null;
}): ReactElement {
  const seen = kind.variants.find((each) => each.variant === variant);
  if (seen === undefined || seen.operations === 0) return <>0</>;
  return (
    <>
      {count(seen.operations)}
      {requests > 0 && <span className="soft"> ({ratio((1000 * seen.operations) / requests)})</span>}
      {seen.traces.length > 0 && <TraceLinks traces={seen.traces} traceUrl={traceUrl} />}
    </>
  );
}
