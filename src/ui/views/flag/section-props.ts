import type { VariantStyle } from '../../state/variant-style.js';

/** What a section of a flag's view is given; the rest it asks for itself. */
export interface SectionProps {
  readonly flag: string;
  /** Parameters of the comparison, and no others. */
  readonly query: Readonly<Record<string, string>>;
  /** Of all variants that the view shows, the control first. */
  readonly looks: ReadonlyMap<string, VariantStyle>;
}
