import { type FormEvent, type ReactElement, useId, useRef, useState } from 'react';
import '../styles/time-range.css';
import { serverNow } from '../api/server-time.js';
import { setQuery, usePlace } from '../state/place.js';
import { fromInputs, isTime, SPANS, spanWords, type TimeSpan, toInput } from '../state/time-span.js';
import { zoneName } from './format.js';

/** When: the last minutes, hours or days, since the release began, or from a moment to another. Kept in the address. */
export function TimeRange(): ReactElement {
  const { since, until } = usePlace().query;
  const [isOpen, setIsOpen] = useState(false);
  const formId = useId();
  const custom = useRef<HTMLButtonElement>(null);
  const isCustom = until !== undefined || (since !== undefined && isTime(since));
  const choose = (span: TimeSpan) => {
    setQuery({ since: span.since, until: span.until });
    setIsOpen(false);
  };
  // What had the focus is taken away.
  const chooseAndReturn = (span: TimeSpan) => {
    choose(span);
    custom.current?.focus();
  };
  return (
    <div className="time-range">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand in its row */}
      <div role="group" aria-label="Time" className="row presets">
        <Preset isChosen={since === undefined && !isCustom} onChoose={() => choose({})}>
          Release
        </Preset>
        {SPANS.map(([value, words]) => (
          <Preset
            key={value}
            isChosen={since === value && !isCustom}
            onChoose={() => choose({ since: value })}
          >
            {words}
          </Preset>
        ))}
        <button
          ref={custom}
          type="button"
          aria-expanded={isOpen}
          aria-controls={formId}
          aria-pressed={isCustom}
          onClick={() => setIsOpen(!isOpen)}
        >
          From, to
        </button>
        {until !== undefined && (
          <button type="button" onClick={() => chooseAndReturn({ since })}>
            Live
          </button>
        )}
        {isCustom && <span className="soft">{spanWords({ since, until })}</span>}
      </div>
      <div id={formId} hidden={!isOpen}>
        {isOpen && <Moments since={since} until={until} onChoose={chooseAndReturn} />}
      </div>
    </div>
  );
}

function Preset({
  isChosen,
  onChoose,
  children,
}: {
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly children: string;
}): ReactElement {
  return (
    <button type="button" aria-pressed={isChosen} onClick={onChoose}>
      {children}
    </button>
  );
}

function Moments({
  since,
  until,
  onChoose,
}: {
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly onChoose: (span: TimeSpan) => void;
}): ReactElement {
  const [from, setFrom] = useState(toInput(since));
  const [to, setTo] = useState(toInput(until));
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const span = fromInputs(from, to, serverNow());
    if (typeof span === 'string') setFault(span);
    else onChoose(span);
  };
  return (
    <form className="row" onSubmit={submit} noValidate>
      <Moment label="From" value={from} onChange={setFrom} />
      <Moment label="To (empty: now)" value={to} onChange={setTo} />
      <span className="soft">in {zoneName()}</span>
      <button type="submit">Show</button>
      {fault !== undefined && <span role="alert">{fault}</span>}
    </form>
  );
}

function Moment({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  return (
    <label className="state">
      <span>{label}</span>
      <input type="datetime-local" step="1" value={value} onChange={({ target }) => onChange(target.value)} />
    </label>
  );
}
