/**
 * The variant of a result: its name, and where the SDK gives none a boolean's own. Any other value may hold
 * personal data, and has no bound on how many there are.
 */
export function resultVariant(name: string | undefined, value: unknown): string | undefined {
  // Empty texts are what flagd's protocol gives for none.
  return name || (typeof value === 'boolean' ? String(value) : undefined);
}
