import { type FormEvent, type ReactElement, useEffect, useId, useRef } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import { Name } from '../../parts/name.js';
import { TimeRange } from '../../parts/time-range.js';
import { setQuery, usePlace } from '../../state/place.js';
import { orderVariants } from '../../state/variant-style.js';
import { ControlChooser } from './control-chooser.js';

/** Which operations are counted, and what is compared with. */
export function FlagFilters({ comparison }: { readonly comparison: Comparison | undefined }): ReactElement {
  const { route } = usePlace().query;
  const services = (comparison?.evidence ?? []).map(({ service }) => service).filter(Boolean);
  const environments = (comparison?.changes ?? []).flatMap(({ environment }) => environment ?? []);
  const variants = comparison?.variants.map(({ variant }) => variant) ?? [];
  return (
    <div className="row">
      <TimeRange />
      <Filter name="service" label="Service" known={[...new Set(services)]} />
      <Filter name="env" label="Environment" known={[...new Set(environments)]} />
      {variants.length > 1 && <ControlChooser variants={orderVariants(variants, comparison?.control)} />}
      {route !== undefined && (
        <span className="row">
          Route <Name>{route}</Name>
          <button type="button" onClick={() => setQuery({ route: undefined })}>
            All routes
          </button>
        </span>
      )}
    </div>
  );
}

/** Free text, with what is known to choose from: the API knows of no list. */
function Filter({
  name,
  label,
  known,
}: {
  readonly name: 'service' | 'env';
  readonly label: string;
  readonly known: readonly string[];
}): ReactElement {
  const id = useId();
  const given = usePlace().query[name] ?? '';
  const input = useRef<HTMLInputElement>(null);
  // Not as another element: whoever typed it would lose the focus.
  useEffect(() => {
    if (input.current !== null) input.current.value = given;
  }, [given]);
  const apply = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setQuery({ [name]: String(new FormData(event.currentTarget).get(name) ?? '').trim() });
  };
  return (
    <form className="state" onSubmit={apply}>
      <label htmlFor={id}>{label}</label>
      <input
        ref={input}
        id={id}
        name={name}
        defaultValue={given}
        placeholder="all"
        list={`${id}-known`}
        autoComplete="off"
        onBlur={({ target }) => target.value.trim() !== given && target.form?.requestSubmit()}
      />
      <datalist id={`${id}-known`}>
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </form>
  );
}
