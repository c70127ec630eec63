import type { ReactElement } from 'react';
import { useNow } from './clock.js';
import { ago, moment } from './format.js';

/** How long ago a moment was; the moment itself where the pointer rests on it. */
export function Ago({ time }: { readonly time: string }): ReactElement {
  return (
    <time dateTime={time} title={moment(time)}>
      {ago(time, useNow())}
    </time>
  );
}
