/** At most so many slices, all but the last of one length. */
export function slices<T>(items: readonly T[], pieces: number): T[][] {
  const length = Math.max(1, Math.ceil(items.length / pieces));
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) =>
    items.slice(i * length, (i + 1) * length),
  );
}
