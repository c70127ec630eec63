/** Names come from telemetry: as text on a canvas, where neither `bdi` nor a style sheet helps. */

const MOST = 32;

/**
 * A name as one short line. Isolated, so that it does not turn what stands beside it around; and what ECharts would take
 * for markup (`{style|text}`) is broken by a character without width.
 */
export function canvasText(name: string): string {
  const line = name.replaceAll(/\s+/g, ' ').replaceAll('{', '{\u2060');
  const signs = [...line];
  const short = signs.length > MOST ? `${signs.slice(0, MOST - 1).join('')}…` : line;
  return `\u2068${short}\u2069`;
}
