import type { Link } from './grafana-model.js';
import { placeholder } from './placeholder.js';

/**
 * Links that open Explore on the traces in which the flag had a variant. Names and values go in percent-encoded, by
 * Grafana itself: `${name:percentencode}`.
 *
 * @param variant how a data link names the variant of what was clicked, such as `__data.fields.Variant`
 */
export function traceLinks(variant: string): Link[] {
  return [
    link(
      'Traces in Tempo',
      'tempo',
      {
        queryType: 'traceql',
        query: `{ span."feature_flags.${FLAG}" = "${VARIANT}" }`,
      },
      variant,
    ),
    link(
      'Traces in Jaeger',
      'jaeger',
      {
        queryType: 'search',
        tags: `"feature_flags.${FLAG}"="${VARIANT}"`,
      },
      variant,
    ),
  ];
}

/** Stand for what Grafana fills in; nothing else of a link has such letters, and none of them is encoded. */
const FLAG = '__FLAG__';
const VARIANT = '__VARIANT__';
const DATASOURCE = '__DATASOURCE__';
const FROM = '__FROM__';
const TO = '__TO__';

function link(title: string, kind: 'tempo' | 'jaeger', query: object, variant: string): Link {
  const pane = {
    datasource: DATASOURCE,
    queries: [{ refId: 'A', datasource: { type: kind, uid: DATASOURCE }, ...query }],
    range: { from: FROM, to: TO },
  };
  const panes = encodeURIComponent(JSON.stringify({ traces: pane }))
    .replaceAll(FLAG, placeholder('flag', 'percentencode'))
    .replaceAll(VARIANT, placeholder(variant, 'percentencode'))
    .replaceAll(DATASOURCE, placeholder(kind, 'percentencode'))
    .replaceAll(FROM, placeholder('__from'))
    .replaceAll(TO, placeholder('__to'));
  return { title, url: `/explore?schemaVersion=1&panes=${panes}`, targetBlank: true };
}
