import { OPERATION_DURATION } from '../../sources/datadog-query.js';
import { detailsOf, titleOf } from './change-words.js';
import { type ChangeNotice, cut } from './notice.js';

/** What Datadog takes: services, and characters of names, titles and messages. */
const MAX_SERVICES = 100;
const MAX_NAME = 128;
const MAX_TITLE = 500;
const MAX_MESSAGE = 4000;

/** A change event of Datadog's event management, as its intake takes it: `POST /api/v2/events`. */
export function datadogEvent({ id, change, services }: ChangeNotice): unknown {
  const isFlag = change.kind === 'flag';
  const name = (isFlag ? change.flag : change.service) ?? '';
  const values = (shares: typeof change.shares, version: string | null) =>
    shares === null && version === null ? {} : { ...(version && { version }), ...(shares && { shares }) };
  return {
    data: {
      type: 'event',
      attributes: {
        category: 'change',
        integration_id: 'custom-events',
        title: cut(titleOf(change), MAX_TITLE),
        message: cut(detailsOf(change).join('\n'), MAX_MESSAGE),
        // What is sent again joins the one before.
        aggregation_key: `telltale-${id}`,
        timestamp: change.time,
        tags: [
          'source:telltale',
          // By the metrics' tag for the flag, as the dashboards look for it.
          ...(isFlag
            ? [`${OPERATION_DURATION.tags.flag}:${name}`]
            : [`service:${name}`, `version:${change.version}`]),
          ...(change.environment === null ? [] : [`env:${change.environment}`]),
        ],
        attributes: {
          // There is no type for a deployment.
          changed_resource: { type: isFlag ? 'feature_flag' : 'configuration', name: cut(name, MAX_NAME) },
          ...(change.author !== null && { author: { type: 'user', name: cut(change.author, MAX_NAME) } }),
          impacted_resources: services
            .slice(0, MAX_SERVICES)
            .map((service) => ({ type: 'service', name: cut(service, MAX_NAME) })),
          prev_value: values(change.sharesBefore, null),
          new_value: values(change.shares, change.version),
          change_metadata: { telltale_id: id, origin: change.origin },
        },
      },
    },
  };
}
