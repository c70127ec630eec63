import type { VariantStyle } from '../state/variant-style.js';

/** What a chart is drawn with: a canvas knows no custom properties, so they are read from the style sheet. */
export interface ChartLook {
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly strong: string;
  readonly surface: string;
  readonly raised: string;
  readonly font: string;
  /** Pixels. */
  readonly rem: number;
  /** The value of a property such as `--variant-0`. */
  of(property: string): string;
}

/** Around the plot, in rem: what lies over a chart (cursor, brush) is placed by it too. */
export const MARGIN = { top: 1.5, right: 1.25, bottom: 1.75, left: 4 } as const;

/** A colour of the look for a variant; that of the text where it has none. */
export function variantColor(look: ChartLook, style: VariantStyle | undefined): string {
  return style === undefined ? look.text : look.of(style.property);
}
