import type { VariantStyle } from '../../state/variant-style.js';

/** What a section of a flag's view is given; the rest it asks for itself. */
export interface SectionProps {
  readonly flag: string;
  /** Parameters of the comparison. */
  readonly query: Readonly<Record<string, string>>;
  /** The control first. */
  readonly looks: ReadonlyMap<string, VariantStyle>;
}
