import { METRIC, OPERATION_TAG, ROUTE_TAG, TAGS } from './datadog-selection.js';

/**
 * The tag configuration of the distribution, as Datadog's API takes it: percentiles, and only the tags that dashboards,
 * monitors and `--source datadog` ask for. The others are still ingested, so that the points of several instances
 * stay apart.
 */
export const METRIC_TAGS: {
  readonly data: {
    readonly type: 'manage_tags';
    readonly id: string;
    readonly attributes: {
      readonly metric_type: 'distribution';
      readonly tags: readonly string[];
      readonly include_percentiles: true;
    };
  };
} = {
  data: {
    type: 'manage_tags',
    id: METRIC,
    attributes: {
      metric_type: 'distribution',
      tags: [...Object.values(TAGS), ROUTE_TAG, OPERATION_TAG].sort(),
      include_percentiles: true,
    },
  },
};
