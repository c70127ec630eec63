import type { ReactElement } from 'react';
import type { BreakdownDocument, BreakdownGroup, BreakdownVariant } from '../../../server/page/documents.js';
import { count, percent } from '../../parts/format.js';
import { Link } from '../../parts/link.js';
import { Name } from '../../parts/name.js';
import { TableBox } from '../../parts/table-box.js';
import { VariantName } from '../../parts/variant-name.js';
import { usePlace } from '../../state/place.js';
import { orderVariants, type VariantStyle } from '../../state/variant-style.js';
import { RateCell } from './rate-cell.js';
import { axisEnd, rateOf } from './rates.js';

const HEADINGS = { route: 'Route', version: 'Service, version, environment', reason: 'Reason' } as const;

/** Each group with a row for each of its variants. */
export function BreakdownTable({
  flag,
  document: { by, groups, leftOut },
  looks,
}: {
  readonly flag: string;
  readonly document: BreakdownDocument;
  readonly looks: ReadonlyMap<string, VariantStyle>;
}): ReactElement {
  const all = groups.flatMap(({ variants }) => variants);
  const ends = {
    errors: axisEnd(all.map(({ errors, requests }) => rateOf(errors, requests))),
    slow: axisEnd(all.map(({ slow, requests }) => rateOf(slow, requests))),
  };
  const most = Math.max(1, ...all.map(({ requests }) => requests));
  const hasRates = by !== 'reason';
  return (
    <>
      <TableBox name={`${HEADINGS[by]} by variant`}>
        <thead>
          <tr>
            <th scope="col">{HEADINGS[by]}</th>
            <th scope="col">Variant</th>
            <th scope="col">{by === 'reason' ? 'Evaluations' : 'Requests'}</th>
            {hasRates && <th scope="col">Error rate (0 to {percent(ends.errors)})</th>}
            {hasRates && <th scope="col">Slow (0 to {percent(ends.slow)})</th>}
          </tr>
        </thead>
        {groups.map((group) => (
          <tbody key={group.name}>
            {ordered(group, looks).map((variant, i, { length }) => (
              <tr key={variant.variant}>
                {i === 0 && (
                  <th scope="rowgroup" rowSpan={length}>
                    <GroupName flag={flag} by={by} name={group.name} />
                  </th>
                )}
                <th scope="row">
                  <VariantName name={variant.variant || '(none)'} style={looks.get(variant.variant)} />
                </th>
                <RequestsCell variant={variant} most={most} style={looks.get(variant.variant)} />
                {hasRates && <Rates variant={variant} ends={ends} style={looks.get(variant.variant)} />}
              </tr>
            ))}
          </tbody>
        ))}
      </TableBox>
      {leftOut > 0 && <p className="soft">And {count(leftOut)} more with less.</p>}
    </>
  );
}

function ordered({ variants }: BreakdownGroup, looks: ReadonlyMap<string, VariantStyle>): BreakdownVariant[] {
  const [control] = looks.keys();
  const names = orderVariants(
    variants.map(({ variant }) => variant),
    control,
  );
  return names.flatMap((name) => variants.filter(({ variant }) => variant === name));
}

/** A route is looked at by itself in the same view. */
function GroupName({
  flag,
  by,
  name,
}: {
  readonly flag: string;
  readonly by: BreakdownDocument['by'];
  readonly name: string;
}): ReactElement {
  const { query } = usePlace();
  if (name === '') return <span className="soft">(none)</span>;
  if (by !== 'route') return <Name>{name}</Name>;
  return (
    <Link flag={flag} query={{ ...query, route: name }}>
      <Name>{name}</Name>
    </Link>
  );
}

function RequestsCell({
  variant: { requests },
  most,
  style,
}: {
  readonly variant: BreakdownVariant;
  readonly most: number;
  readonly style: VariantStyle | undefined;
}): ReactElement {
  return (
    <td className="short">
      <span className="state">
        <svg className="bar" viewBox="0 0 60 10" preserveAspectRatio="none" aria-hidden="true">
          <rect width={(60 * requests) / most} height="10" fill={`var(${style?.property ?? '--text'})`} />
        </svg>
        {count(requests)}
      </span>
    </td>
  );
}

function Rates({
  variant: { requests, errors, slow },
  ends,
  style,
}: {
  readonly variant: BreakdownVariant;
  readonly ends: { readonly errors: number; readonly slow: number };
  readonly style: VariantStyle | undefined;
}): ReactElement {
  return (
    <>
      <RateCell rate={rateOf(errors, requests)} end={ends.errors} style={style} />
      <RateCell rate={rateOf(slow, requests)} end={ends.slow} style={style} />
    </>
  );
}
