import { detailsOf, titleOf, variantsOf } from './change-words.js';
import type { ChangeNotice } from './notice.js';

/** An annotation of an organisation, as Grafana takes it: `POST /api/annotations`. Dashboards find it by its tags. */
export function grafanaAnnotation({ id, change }: ChangeNotice): unknown {
  return {
    time: Math.round(Date.parse(change.time)),
    tags: [
      'telltale',
      change.kind,
      ...(change.flag === null ? [] : [`flag:${change.flag}`]),
      ...(change.service === null ? [] : [`service:${change.service}`]),
      ...(change.environment === null ? [] : [`environment:${change.environment}`]),
      ...variantsOf(change).map((variant) => `variant:${variant}`),
    ],
    // Grafana shows it as HTML.
    text: [titleOf(change), ...detailsOf(change), `Telltale ${id}`].map(escapeHtml).join('<br>'),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
