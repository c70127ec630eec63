import { type ReactElement, useRef, useState } from 'react';

/** A line to be copied, with a button that says what became of it. */
export function CopyLine({ label, text }: { readonly label: string; readonly text: string }): ReactElement {
  const line = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied.');
    } catch {
      // Browsers have no clipboard for pages over plain HTTP beyond this machine.
      if (line.current !== null) getSelection()?.selectAllChildren(line.current);
      setSaid('Marked: copy it with Ctrl+C or Cmd+C.');
    }
  };
  return (
    <div className="row">
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of fields. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <pre className="copied" role="group" aria-label={label} tabIndex={0}>
        <code ref={line}>{text}</code>
      </pre>
      <button type="button" onClick={() => void copy()}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
