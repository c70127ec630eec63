/** A position on an axis from a value. */
export type Scale = (value: number) => number;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Colours that the colour-blind can tell apart, on a ground of the picture's own: shown as an image a picture follows the
 * system's theme and not the page's, so text on the page's ground might vanish.
 */
const STYLE = `
  .ground { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
  .ours { stroke: #0060a8; fill: #0060a8 } .harm { stroke: #c2410c; fill: #c2410c } .peer { stroke: #8b949e; fill: #8b949e }
  .band { fill: #0060a8; fill-opacity: 0.18 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #a9b4bf } .line { stroke: #3d444d }
    .ours { stroke: #58b0ff; fill: #58b0ff } .harm { stroke: #ff9d57; fill: #ff9d57 } .peer { stroke: #7d8590; fill: #7d8590 }
    .band { fill: #58b0ff; fill-opacity: 0.22 }
  }
  text { font: 14px system-ui, sans-serif; stroke: none } .title { font-weight: 600; font-size: 16px }`;

/** A whole picture with its title and what it says to those who cannot see it. */
export function picture(
  width: number,
  height: number,
  title: string,
  says: string,
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${title}</title>`,
    `<desc>${says}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    label(16, 28, title, 'text title'),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

export function label(x: number, y: number, text: string, className: string, anchor = 'start'): string {
  return `<text class="${className}" x="${digits(x)}" y="${digits(y)}" text-anchor="${anchor}">${text}</text>`;
}

export function rule(from: Point, to: Point, className: string, dashes = ''): string {
  const dashed = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  return `<line class="${className}" x1="${digits(from.x)}" y1="${digits(from.y)}" x2="${digits(to.x)}" y2="${digits(to.y)}"${dashed}/>`;
}

export function curve(points: readonly Point[], className: string): string {
  return `<polyline class="${className}" style="fill:none" stroke-width="2.5" points="${listed(points)}"/>`;
}

export function area(points: readonly Point[], className: string): string {
  return `<polygon class="${className}" points="${listed(points)}"/>`;
}

export function dot({ x, y }: Point, className: string): string {
  return `<circle class="${className}" cx="${digits(x)}" cy="${digits(y)}" r="5"/>`;
}

export function bar(x: number, y: number, width: number, height: number, className: string): string {
  return `<rect class="${className}" x="${digits(x)}" y="${digits(y)}" width="${digits(width)}" height="${digits(height)}"/>`;
}

export function linear(from: readonly [number, number], to: readonly [number, number]): Scale {
  return (value) => to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0]);
}

export function logarithmic(from: readonly [number, number], to: readonly [number, number]): Scale {
  const onLogs = linear([Math.log(from[0]), Math.log(from[1])], to);
  return (value) => onLogs(Math.log(value));
}

function listed(points: readonly Point[]): string {
  return points.map(({ x, y }) => `${digits(x)},${digits(y)}`).join(' ');
}

/** A tenth of a pixel: the same on machines whose logarithms differ in their last digit. */
function digits(value: number): string {
  return String(Math.round(value * 10) / 10);
}
