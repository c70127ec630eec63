import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** OpenTelemetry's own .proto files, as dd-trace ships them. */
const FOLDER = join(
  dirname(createRequire(import.meta.url).resolve('dd-trace/package.json')),
  'packages/dd-trace/src/opentelemetry/otlp',
);

/** Every field of every message: `Span.traceId` -> number. Names as in OTLP/JSON. */
export function protoFields(): Map<string, number> {
  const fields = new Map<string, number>();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.proto'))) {
    const text = readFileSync(join(FOLDER, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const blocks: string[] = [];
    for (const [part, kind, block, name, number] of text.matchAll(
      /\b(message|oneof|enum|service)\s+(\w+)\s*\{|\b([a-z]\w*)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?\s*;|[{}]/g,
    )) {
      if (kind !== undefined)
        blocks.push(kind === 'oneof' ? (blocks.at(-1) ?? '') : kind === 'message' ? `${block}` : '');
      else if (part === '{') blocks.push('');
      else if (part === '}') blocks.pop();
      else if (blocks.at(-1)) fields.set(`${blocks.at(-1)}.${camel(name ?? '')}`, Number(number));
    }
  }
  return fields;
}

function camel(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
