import { type ReactElement, useEffect, useRef } from 'react';
import { isPlainKey } from '../../parts/keys.js';
import { sentence } from '../../parts/sentence.js';
import { TimeRange } from '../../parts/time-range.js';
import { setQuery, usePlace } from '../../state/place.js';
import { VERDICT_FILTERS } from './board.js';

interface ToolbarProps {
  readonly services: readonly string[];
  readonly environments: readonly string[];
}

/** What the list is narrowed to; all of it is in the address. */
export function Toolbar({ services, environments }: ToolbarProps): ReactElement {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the element is new, and not every screen reader knows it
    <div role="search" className="row overview-toolbar">
      <Search />
      <Choice name="service" label="Service" choices={services.map((name) => [name, name])} />
      <Choice name="env" label="Environment" choices={environments.map((name) => [name, name])} />
      <Choice name="verdict" label="Verdict" choices={VERDICT_FILTERS} />
      <TimeRange />
    </div>
  );
}

function Search(): ReactElement {
  const { q = '' } = usePlace().query;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || !isPlainKey(event)) return;
      event.preventDefault();
      input.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <label className="state">
      <span>Flag</span>
      <input
        ref={input}
        type="search"
        placeholder="Search ( / )"
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        value={q}
        onChange={({ target }) => setQuery({ q: target.value }, false)}
      />
    </label>
  );
}

/** One of a list, or all. */
function Choice({
  name,
  label,
  choices,
}: {
  readonly name: 'service' | 'env' | 'verdict';
  readonly label: string;
  readonly choices: readonly (readonly [value: string, words: string])[];
}): ReactElement {
  const chosen = usePlace().query[name] ?? '';
  const isKnown = chosen === '' || choices.some(([value]) => value === chosen);
  return (
    <label className="state">
      <span>{label}</span>
      <select value={chosen} onChange={({ target }) => setQuery({ [name]: target.value })}>
        <option value="">All</option>
        {[...choices, ...(isKnown ? [] : [[chosen, chosen] as const])].map(([value, words]) => (
          <option key={value} value={value}>
            {sentence(words)}
          </option>
        ))}
      </select>
    </label>
  );
}
