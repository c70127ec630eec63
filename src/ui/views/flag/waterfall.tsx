import type { ReactElement } from 'react';
import type { TraceDocument, TraceSpan } from '../../../server/page/documents.js';
import { duration } from '../../parts/format.js';
import { Name } from '../../parts/name.js';
import { NumberHeads } from '../../parts/number-heads.js';
import { TableBox } from '../../parts/table-box.js';
import { waterfallRows } from './waterfall-rows.js';

/** Deeper than this, spans are not moved further to the right. */
const DEEPEST = 12;
/** Of a hundred: what takes no time is seen all the same. */
const NARROWEST = 0.5;

/** The spans of a trace, each below its parent, with a bar for when it ran. */
export function Waterfall({ trace }: { readonly trace: TraceDocument }): ReactElement {
  return (
    <TableBox name="Spans">
      <thead>
        <tr>
          <th scope="col">Span</th>
          <th scope="col">
            <span className="unseen">Picture of when it ran</span>
          </th>
          <NumberHeads names={['Begins', 'Takes']} />
          <th scope="col">Flags</th>
        </tr>
      </thead>
      <tbody>
        {waterfallRows(trace.spans).map(({ span, depth }) => (
          <tr key={span.spanId}>
            <th scope="row">
              <SpanName span={span} depth={depth} />
            </th>
            <td>
              <Bar span={span} seconds={trace.durationSeconds} />
            </td>
            <td className="number">{duration(span.offsetSeconds)}</td>
            <td className="number">{duration(span.durationSeconds)}</td>
            <td>
              <Flags flags={span.flags} />
            </td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

function SpanName({ span, depth }: { readonly span: TraceSpan; readonly depth: number }): ReactElement {
  const { name, service, kind, failed, statusMessage } = span;
  return (
    <div style={{ paddingInlineStart: `${Math.min(depth, DEEPEST)}rem` }}>
      <Name>{name}</Name>{' '}
      <span className="soft">
        <Name>{service}</Name> {kind}
      </span>
      {failed && (
        <span className="failed">
          {' '}
          failed
          {statusMessage !== '' && (
            <>
              : <Name>{statusMessage}</Name>
            </>
          )}
        </span>
      )}
    </div>
  );
}

function Bar({ span, seconds }: { readonly span: TraceSpan; readonly seconds: number }): ReactElement {
  const percentOf = (value: number) =>
    seconds > 0 ? Math.min(100, Math.max(0, (100 * value) / seconds)) : 0;
  const width = Math.max(NARROWEST, percentOf(span.durationSeconds));
  return (
    <svg className="span" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect
        x={Math.min(100 - width, percentOf(span.offsetSeconds))}
        y="1"
        width={width}
        height="8"
        fill={`var(${span.failed ? '--bad' : '--link'})`}
      />
    </svg>
  );
}

function Flags({ flags }: { readonly flags: TraceSpan['flags'] }): ReactElement {
  return (
    <>
      {Object.entries(flags).map(([flag, variant]) => (
        <div key={flag}>
          <Name>{flag}</Name>: <Name>{variant}</Name>
        </div>
      ))}
    </>
  );
}
