import { readFileSync } from 'node:fs';
import { openEngine } from '../../src/store/engine.js';
import { HEADERS, type RowsByTable } from '../../src/store/rows.js';

/** The statements of a `.sql` fixture. */
export function sqlFixture(name: string): string[] {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  return text.split(';\n').filter((statement) => statement.trim() !== '');
}

/** Rows of JSON by table, or the text that the store makes of telemetry. */
type RawRows = Readonly<Record<string, readonly unknown[]>> | RowsByTable;

/** Runs statements, then inserts rows, in a closed folder and without migrations. */
export async function makeRaw(
  dataDir: string,
  statements: readonly string[],
  rows: RawRows = {},
): Promise<void> {
  const engine = await openEngine({ dataDir });
  try {
    for (const query of statements) await engine.ingest.command({ query });
    if (rows instanceof Map) {
      for (const [table, pieces] of rows as RowsByTable) {
        const header = HEADERS.get(table) as Buffer;
        await engine.insert(table, 'CSVWithNames', [header, ...pieces.map(({ text }) => text)]);
      }
      return;
    }
    for (const [table, values] of Object.entries(rows)) {
      await engine.ingest.insert({ table, values, format: 'JSONEachRow' });
    }
  } finally {
    await engine.close();
  }
}
