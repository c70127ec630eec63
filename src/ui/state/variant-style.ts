/**
 * How a variant looks, everywhere: the control first, then by name. Colours are those of Okabe and Ito (2008, "Color Universal
 * Design"), darkened or lightened in `styles/theme.css` to 4.5 : 1 on each background; none is without a shape beside it.
 */
export interface VariantStyle {
  /** A custom property of the style sheet, such as `--variant-0`. */
  readonly property: string;
  readonly shape: Shape;
  /** Of lines, as `stroke-dasharray` has it; empty: unbroken. */
  readonly dash: readonly number[];
}

/** As ECharts names them. */
export type Shape = 'circle' | 'triangle' | 'rect' | 'diamond' | 'pin' | 'arrow';

const SHAPES: readonly Shape[] = ['circle', 'triangle', 'rect', 'diamond', 'pin', 'arrow'];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 4]];

/** With as many variants, looks come again; names tell them apart. */
const LOOKS = SHAPES.length;

export function variantStyles(
  variants: readonly string[],
  control: string | undefined,
): ReadonlyMap<string, VariantStyle> {
  const ordered = orderVariants(variants, control);
  // Without a control its look is left free: no other variant may pass for one.
  const first = ordered[0] === control ? 0 : 1;
  return new Map(ordered.map((variant, i) => [variant, styleAt(first + i)]));
}

/** The control first, then by name. */
export function orderVariants(variants: readonly string[], control: string | undefined): string[] {
  const rank = (variant: string) => (variant === control ? 0 : 1);
  return [...new Set(variants)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Those of a document in the order of their looks; the others after them. */
export function inOrder<T extends { readonly variant: string }>(
  variants: readonly T[],
  looks: ReadonlyMap<string, VariantStyle>,
): T[] {
  const ranks = new Map([...looks.keys()].map((variant, rank) => [variant, rank]));
  const rank = ({ variant }: T) => ranks.get(variant) ?? ranks.size;
  return variants.toSorted((a, b) => rank(a) - rank(b));
}

function styleAt(index: number): VariantStyle {
  const look = index % LOOKS;
  return {
    property: `--variant-${look}`,
    shape: SHAPES[look] ?? 'circle',
    dash: DASHES[look] ?? [],
  };
}
