import type { ECharts } from 'echarts/core';
import type { VariantStyle } from '../state/variant-style.js';
import { canvasText } from './canvas-text.js';
import { type ChartLook, variantColor } from './chart-look.js';
import { currentLook } from './use-canvas.js';

/** Pixels of the picture to one of the page. */
const SCALE = 2;

/** Saves a chart as PNG, with what says on the page what it is: heading, sentence, legend. */
export function savePicture(
  chart: ECharts,
  title: string,
  summary: string,
  variants: readonly string[],
  looks: ReadonlyMap<string, VariantStyle>,
): void {
  const look = currentLook();
  const drawn = chart.renderToCanvas({ pixelRatio: SCALE, backgroundColor: look.surface });
  const width = chart.getWidth();
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const small = `${0.8 * look.rem}px ${look.font}`;
  pen.font = small;
  const lines = wrap(pen, summary, width - 2 * look.rem);
  const top = (3 + 1.2 * lines.length + 1.5 * Math.ceil(variants.length / 2)) * look.rem;
  canvas.width = SCALE * width;
  canvas.height = SCALE * (top + chart.getHeight());
  pen.fillStyle = look.surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(drawn, 0, SCALE * top);
  pen.scale(SCALE, SCALE);
  pen.fillStyle = look.text;
  pen.font = `bold ${look.rem}px ${look.font}`;
  pen.fillText(title, look.rem, 1.75 * look.rem);
  pen.font = small;
  for (const [i, line] of lines.entries()) pen.fillText(line, look.rem, (3.1 + 1.2 * i) * look.rem);
  for (const [i, variant] of variants.entries()) {
    const x = look.rem + (i % 2) * (width / 2);
    const y = (3.3 + 1.2 * lines.length + 1.5 * Math.floor(i / 2)) * look.rem;
    legendEntry(pen, look, x, y, variant, looks.get(variant));
  }
  const link = document.createElement('a');
  link.href = canvas.toDataURL('image/png');
  link.download = `${title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.png`;
  link.click();
}

function legendEntry(
  pen: CanvasRenderingContext2D,
  look: ChartLook,
  x: number,
  y: number,
  variant: string,
  style: VariantStyle | undefined,
): void {
  pen.strokeStyle = variantColor(look, style);
  pen.lineWidth = 2.5;
  pen.setLineDash([...(style?.dash ?? [])]);
  pen.beginPath();
  pen.moveTo(x, y - 0.25 * look.rem);
  pen.lineTo(x + 28, y - 0.25 * look.rem);
  pen.stroke();
  pen.fillStyle = look.text;
  pen.fillText(canvasText(variant), x + 36, y);
}

function wrap(pen: CanvasRenderingContext2D, text: string, width: number): string[] {
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
