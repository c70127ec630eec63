import type { ReactElement } from 'react';
import type { Comparison } from '../../../server/comparison.js';
import type { FlagsDocument } from '../../../server/flag-routes.js';
import { useAnswer } from '../../api/answer.js';
import { type ApiFailure, apiPath } from '../../api/client.js';
import { moment } from '../../parts/format.js';
import { Link } from '../../parts/link.js';
import { Name } from '../../parts/name.js';
import { usePlace } from '../../state/place.js';
import { orderVariants } from '../../state/variant-style.js';
import { ControlChooser } from './control-chooser.js';

/** Why there is no comparison, or none that is new, and what can be done. */
export function FailureNotice({
  flag,
  failure,
  shown,
}: {
  readonly flag: string;
  readonly failure: ApiFailure;
  /** The last answer to the same question. */
  readonly shown: Comparison | undefined;
}): ReactElement {
  const { query } = usePlace();
  const { service, env, since, until } = query;
  const withTime = {
    ...(service && { service }),
    ...(env && { env }),
    ...(since && { since }),
    ...(until && { until }),
  };
  return (
    <div className="notice bad" role="alert">
      <p>
        <strong>{headingOf(failure)}</strong> <Name>{failure.message}</Name>
      </p>
      {shown && <p>What is shown is from {moment(shown.window.to)}.</p>}
      {failure.status === 400 && <Mend flag={flag} />}
      {failure.status >= 500 && <p>The page asks again by itself.</p>}
      <p className="row">
        {failure.status < 500 && Object.keys(query).length > 0 && (
          <Link flag={flag} query={{}}>
            Since the release began, everywhere, without other settings
          </Link>
        )}
        <Link flag={undefined} query={withTime}>
          All flags
        </Link>
      </p>
    </div>
  );
}

function headingOf({ status }: ApiFailure): string {
  if (status === 404) return 'Nothing to compare.';
  if (status === 400) return 'This cannot be compared as asked.';
  if (status === 0) return 'The backend does not answer.';
  if (status === 502) return 'The store behind the backend does not answer.';
  return 'The backend could not answer.';
}

/** Most often nobody knows which variant is the control. */
function Mend({ flag }: { readonly flag: string }): ReactElement | null {
  const { service, env } = usePlace().query;
  const { value } = useAnswer<FlagsDocument>(apiPath('flags', { service, env }));
  const variants = value?.flags.find((each) => each.flag === flag)?.variants ?? [];
  if (variants.length < 2) return null;
  return (
    <p>
      <ControlChooser
        variants={orderVariants(
          variants.map(({ variant }) => variant),
          undefined,
        )}
      />
    </p>
  );
}
