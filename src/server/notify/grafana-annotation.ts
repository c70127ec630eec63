import { detailsOf, titleOf, variantsOf } from './change-words.js';
import { type ChangeNotice, cut } from './notice.js';

/** What Grafana takes: bytes of all tags as JSON, where `tags_length` is not set, and characters of what follows the colon. */
const MAX_TAGS_BYTES = 500;
const MAX_VALUE = 100;

/** An annotation of an organisation, as Grafana takes it: `POST /api/annotations`. Dashboards find it by its tags. */
export function grafanaAnnotation({ id, change }: ChangeNotice): unknown {
  return {
    time: Math.round(Date.parse(change.time)),
    tags: tagsThatFit([
      'telltale',
      change.kind,
      ...tag('flag', change.flag),
      ...tag('service', change.service),
      ...tag('environment', change.environment),
      ...variantsOf(change).flatMap((variant) => tag('variant', variant)),
    ]),
    // Grafana shows it as HTML.
    text: [titleOf(change), ...detailsOf(change), `Telltale ${id}`].map(escapeHtml).join('<br>'),
  };
}

function tag(name: string, value: string | null): string[] {
  return value === null ? [] : [`${name}:${cut(value, MAX_VALUE)}`];
}

/** With one tag too many Grafana refuses the annotation. */
function tagsThatFit(tags: readonly string[]): string[] {
  const kept: string[] = [];
  for (const one of tags) {
    if (Buffer.byteLength(JSON.stringify([...kept, one])) <= MAX_TAGS_BYTES) kept.push(one);
  }
  return kept;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
