import type { ECharts } from 'echarts/core';
import { fileName } from '../parts/file-name.js';
import { SHAPE_PATHS } from '../parts/variant-shape.js';
import type { VariantStyle } from '../state/variant-style.js';
import { type ChartLook, variantColor } from './chart-look.js';
import { shortName } from './short-name.js';
import { currentLook } from './use-canvas.js';

/** What is said beside a chart. */
export interface Caption {
  readonly title: string;
  /** What can be read from it, in one sentence. */
  readonly summary: string;
  /** Those that have a line. */
  readonly variants: readonly string[];
  readonly looks: ReadonlyMap<string, VariantStyle>;
}

/** Pixels of the picture to one of the page. */
const SCALE = 2;

/** Saves a chart as PNG, with what says on the page what it is: heading, sentence, legend. */
export function savePicture(chart: ECharts, caption: Caption): void {
  const look = currentLook();
  const drawn = chart.renderToCanvas({ pixelRatio: SCALE, backgroundColor: look.surface });
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const width = chart.getWidth();
  const lines = captionLines(pen, caption, width - 2 * look.rem, look);
  const top = lines.reduce((sum, { height }) => sum + height, look.rem);
  canvas.width = SCALE * width;
  canvas.height = SCALE * (top + chart.getHeight());
  pen.fillStyle = look.surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(drawn, 0, SCALE * top);
  pen.scale(SCALE, SCALE);
  pen.translate(look.rem, 0.5 * look.rem);
  for (const { draw, height } of lines) {
    pen.translate(0, height);
    draw();
  }
  const link = document.createElement('a');
  link.href = canvas.toDataURL('image/png');
  link.download = fileName(caption.title.match(/[\p{L}\p{N}]+/gu) ?? ['chart'], 'png');
  link.click();
}

interface Line {
  readonly height: number;
  /** With the pen at the beginning of the line's foot. */
  draw(): void;
}

function captionLines(
  pen: CanvasRenderingContext2D,
  { title, summary, variants, looks }: Caption,
  width: number,
  look: ChartLook,
): Line[] {
  const write = (font: string, text: string, x = 0) => {
    pen.font = font;
    pen.fillStyle = look.text;
    pen.fillText(text, x, 0);
  };
  const lines = (font: string, text: string, rem: number) =>
    wrap(pen, font, text, width).map((line) => ({ height: rem * look.rem, draw: () => write(font, line) }));
  const small = `${0.8 * look.rem}px ${look.font}`;
  const legend = variants.map((variant) => ({
    height: 1.3 * look.rem,
    draw: () => {
      drawStyle(pen, look, looks.get(variant));
      write(small, shortName(variant), 3.5 * look.rem);
    },
  }));
  return [...lines(`bold ${look.rem}px ${look.font}`, title, 1.4), ...lines(small, summary, 1.2), ...legend];
}

/** The line as it is broken, and the shape. */
function drawStyle(pen: CanvasRenderingContext2D, look: ChartLook, style: VariantStyle | undefined): void {
  const color = variantColor(look, style);
  pen.save();
  pen.scale(look.rem / 16, look.rem / 16);
  pen.strokeStyle = color;
  pen.fillStyle = color;
  pen.lineWidth = 2.5;
  pen.setLineDash([...(style?.dash ?? [])]);
  pen.stroke(new Path2D('M0 -4h28'));
  pen.translate(36, -10);
  if (style !== undefined) pen.fill(new Path2D(SHAPE_PATHS[style.shape]));
  pen.restore();
}

function wrap(pen: CanvasRenderingContext2D, font: string, text: string, width: number): string[] {
  pen.font = font;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && pen.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, line];
}
