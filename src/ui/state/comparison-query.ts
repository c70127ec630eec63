/** What the page keeps in the address for itself. */
const OF_THE_PAGE: ReadonlySet<string> = new Set(['q', 'verdict', 'by', 'trace']);

/**
 * What a comparison is asked with: the rest of the address. The API refuses what it does not know, so that a slip in an address
 * is seen, and does not give another verdict than was meant.
 */
export function comparisonQuery(query: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !OF_THE_PAGE.has(name)));
}
