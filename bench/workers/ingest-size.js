// How many rows a closed folder holds of a table, and the bytes of it and of what views wrote from it, once merged.
import { openEngine } from '../../dist/store/engine.js';

const { dataDir, tables } = JSON.parse(process.argv[2]);
const engine = await openEngine({ dataDir });
const sizes = [];
for (const table of tables) {
  await engine.ingest.command({ query: `OPTIMIZE TABLE ${table} FINAL` });
  const result = await engine.queries[0].query({
    query: `SELECT toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts
      WHERE active AND database = currentDatabase() AND table = {table:String}`,
    query_params: { table },
    format: 'JSONEachRow',
  });
  const [size] = await result.json();
  sizes.push({ table, ...size });
}
await engine.close();
console.log(JSON.stringify(sizes));
