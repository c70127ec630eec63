import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { temporaryFolder } from './backend-process.js';

/** An insert whose rows are in ClickHouse's own format, as Go's client sends them. */
export async function insertNative(client: ClickHouseClient, statement: string, rows: Buffer): Promise<void> {
  const folder = temporaryFolder();
  try {
    const file = join(folder, 'rows.native');
    writeFileSync(file, rows);
    const insert = statement.replace(/FORMAT Native\s*$/, () => `SELECT * FROM file('${file}', 'Native')`);
    await client.command({ query: insert });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The answer to a question in that format, as a server writes it to Go's client; of strings and 32-bit numbers alone. */
export async function answerNative(client: ClickHouseClient, statement: string): Promise<Buffer> {
  const result = await client.query({ query: statement, format: 'JSONCompactEachRowWithNamesAndTypes' });
  const [names = [], types = [], ...rows] = await result.json<string[]>();
  const columns = names.flatMap((name, i) => [
    text(name),
    text(types[i] ?? ''),
    // No serialization of its own.
    Buffer.of(0),
    ...rows.map((row) => value(types[i], row[i])),
  ]);
  // What a server says of a block first: no totals, no bucket.
  const info = Buffer.of(1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0);
  return Buffer.concat([info, varint(names.length), varint(rows.length), ...columns]);
}

function value(type: string | undefined, item: unknown): Buffer {
  if (type === 'String') return text(String(item));
  if (type !== 'UInt32') throw new Error(`the stand-in knows String and UInt32, not ${type}`);
  const number = Buffer.alloc(4);
  number.writeUInt32LE(Number(item));
  return number;
}

function text(string: string): Buffer {
  const bytes = Buffer.from(string);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  for (let rest = number; ; rest >>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
