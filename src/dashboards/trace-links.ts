import type { Link } from './grafana-model.js';
import { placeholder } from './placeholder.js';

/**
 * Links that open Explore. Names and values go in percent-encoded, by Grafana itself: `${name:percentencode}`.
 */

/** Stand for what Grafana fills in; nothing else of a link has such letters, and none of them is encoded. */
const FLAG = '__FLAG__';
const DATASOURCE = '__DATASOURCE__';
const FROM = '__FROM__';
const TO = '__TO__';

/** In a query of {@link exploreLink}: what was clicked. */
export const VALUE = '__VALUE__';

/**
 * The traces in which the flag had a variant.
 *
 * @param variant how a data link names the variant of what was clicked, such as `__data.fields.Variant`
 */
export function traceLinks(variant: string): Link[] {
  const tempo = {
    type: 'tempo',
    queryType: 'traceql',
    query: `{ span."feature_flags.${FLAG}" = "${VALUE}" }`,
  };
  const jaeger = { type: 'jaeger', queryType: 'search', tags: `"feature_flags.${FLAG}"="${VALUE}"` };
  return [
    exploreLink('Traces in Tempo', 'tempo', tempo, variant),
    exploreLink('Traces in Jaeger', 'jaeger', jaeger, variant),
  ];
}

/**
 * @param datasource the variable that says which one
 * @param query as the plugin of the data source has it, with the plugin's `type`
 * @param value how a data link names what was clicked
 */
export function exploreLink(
  title: string,
  datasource: string,
  { type, ...query }: { readonly type: string; readonly [name: string]: unknown },
  value = '__value.raw',
): Link {
  const pane = {
    datasource: DATASOURCE,
    queries: [{ refId: 'A', datasource: { type, uid: DATASOURCE }, ...query }],
    range: { from: FROM, to: TO },
  };
  const panes = encodeURIComponent(JSON.stringify({ traces: pane }))
    .replaceAll(FLAG, placeholder('flag', 'percentencode'))
    .replaceAll(VALUE, placeholder(value, 'percentencode'))
    .replaceAll(DATASOURCE, placeholder(datasource, 'percentencode'))
    .replaceAll(FROM, placeholder('__from'))
    .replaceAll(TO, placeholder('__to'));
  return { title, url: `/explore?schemaVersion=1&panes=${panes}`, targetBlank: true };
}
