import { readFileSync } from 'node:fs';
import { openEngine } from '../../src/store/engine.js';

/** The statements of a `.sql` fixture. */
export function sqlFixture(name: string): string[] {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  return text.split(';\n').filter((statement) => statement.trim() !== '');
}

/** Runs statements, then inserts rows, in a closed folder and without any of the store's own code. */
export async function makeRaw(
  dataDir: string,
  statements: readonly string[],
  rows: Readonly<Record<string, readonly unknown[]>> = {},
): Promise<void> {
  const engine = await openEngine({ dataDir });
  try {
    for (const query of statements) await engine.ingest.command({ query });
    for (const [table, values] of Object.entries(rows)) {
      await engine.ingest.insert({ table, values, format: 'JSONEachRow' });
    }
  } finally {
    await engine.close();
  }
}
