import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(import.meta.dirname, '../../README.md');

/** What the README's section for a new application says, so that the README itself is what is tested. */
export interface Instructions {
  /** The shell's lines, continued ones joined: what is installed and how it is run. */
  readonly commands: readonly string[];
  /** The code by file: `// telemetry.js` and so on, alone on a line, begin one. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads the section with this heading. */
export function instructions(heading: string): Instructions {
  const text = readFileSync(README, 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const blocks = (language: string): string[] =>
    [...section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
      (block) => block[1] ?? '',
    );
  const shell = blocks('sh')
    .join('')
    .replaceAll(/\\\n\s*/g, '');
  const commands = shell.split('\n').map((line) => line.replace(/\s+#.*/, ''));
  const code = blocks('js')
    .join('')
    .split(/^\/\/ (\S+\.[cm]?js)$/m);
  const files = new Map<string, string>();
  for (let i = 1; i < code.length; i += 2) files.set(code[i] ?? '', code[i + 1] ?? '');
  return { commands: commands.filter((line) => line !== ''), files };
}
