import { Component, type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import { useLive } from '../live/live.js';

interface Props {
  readonly children: ReactNode;
}

/**
 * Says that a view cannot be shown, where without it the page would be empty: its script did not come (the backend is gone, or is
 * another version than the open page), or what was answered is other than expected.
 */
export class FailedView extends Component<Props, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return 'error' in this.state ? <Failure error={this.state.error} /> : this.props.children;
  }
}

/** A script that failed is not asked for again by the browser: with the address, which holds the view, the page begins anew. */
function Failure({ error }: { readonly error: unknown }): ReactElement {
  const { state } = useLive();
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === 'lost') wasLost.current = true;
    else if (state === 'connected' && wasLost.current) location.reload();
  }, [state]);
  return (
    <div className="notice bad" role="alert">
      <p>
        <strong>This view cannot be shown.</strong> {error instanceof Error ? error.message : String(error)}
      </p>
      <p>
        <button type="button" onClick={() => location.reload()}>
          Load the page anew
        </button>
      </p>
    </div>
  );
}
