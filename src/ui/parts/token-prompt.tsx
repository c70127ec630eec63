import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { readToken, setToken } from '../api/token.js';

/**
 * Asks for the read token.
 *
 * @param isAsking Whether the last that was given is being tried
 */
export function TokenPrompt({
  message,
  isAsking,
}: {
  readonly message: string;
  readonly isAsking: boolean;
}): ReactElement {
  const id = useId();
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setToken(text.trim() === '' ? undefined : text.trim());
  };
  return (
    <form className="card token" onSubmit={submit}>
      <h1>This backend asks for its read token</h1>
      <p className="soft">
        It is what <code>telltale up</code> was started with as <code>TELLTALE_READ_TOKEN</code> or{' '}
        <code>TELLTALE_TOKEN</code>. It stays in this tab, and goes to this backend in a header.
      </p>
      {readToken() !== undefined && !isAsking && <p role="alert">The token was refused. {message}</p>}
      <label htmlFor={id}>Read token</label>
      <div className="row">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit">Show the page</button>
      </div>
    </form>
  );
}
