/** What `telltale check` refuses: a gate is about now, and a route never decides. */
const NOT_OF_CHECK: ReadonlySet<string> = new Set(['route', 'until']);

/**
 * The line for a pipeline that asks the same of this backend, for a POSIX shell (of 2024, as bash and zsh are, where a name
 * has characters that are not seen).
 *
 * @param asked Parameters of the comparison
 */
export function checkLine(origin: string, flag: string, asked: Readonly<Record<string, string>>): string {
  const options = Object.entries({ url: origin, ...asked })
    .filter(([name]) => !NOT_OF_CHECK.has(name))
    .map(([name, value]) => `--${name}=${shellWord(value)}`);
  // Behind `--` a flag that begins with a dash is none of the options.
  return ['telltale check', ...options, ...(flag.startsWith('-') ? ['--'] : []), shellWord(flag)].join(' ');
}

/** Control characters, line ends and marks that turn text around: a line must do what it looks like. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  if (/^[\w.,:/@%+=-]+$/.test(text)) return text;
  if (!UNSEEN.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = [...text].map((character) => {
    if (character === "'" || character === '\\') return `\\${character}`;
    return UNSEEN.test(character) ? octal(character) : character;
  });
  return `$'${escaped.join('')}'`;
}

/** Bytes by three digits each: what follows cannot be taken for one more. */
function octal(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
}
