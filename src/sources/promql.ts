/** Text of PromQL. Names and values from telemetry or users come in here alone, quoted. */

/** A string literal. */
export function quoted(text: string): string {
  // JSON's escapes are Go's, but for those of halves of surrogate pairs, which no UTF-8 text has.
  return JSON.stringify(text.toWellFormed());
}

/** A regular expression that matches just these texts; PromQL anchors it at both ends. */
export function anyOf(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
}

/** A condition on a label, of which the value is a literal or a regular expression. */
export interface Matcher {
  readonly label: string;
  readonly is: '=' | '!=' | '=~';
  readonly value: string;
}

/** Series of a metric, whatever characters its name and its labels have. */
export function selector(metric: string, matchers: readonly Matcher[]): string {
  return matching([{ label: '__name__', is: '=', value: metric }, ...matchers]);
}

/** Series of any metric. */
export function matching(matchers: readonly Matcher[]): string {
  const conditions = matchers.map(
    ({ label, is, value }) => `${isPlain(label) ? label : quoted(label)}${is}${quoted(value)}`,
  );
  return `{${conditions.join(',')}}`;
}

/** Quoted names of labels came with Prometheus 3; where a name needs no quotes, older ones are to understand it. */
function isPlain(label: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label);
}

/** A duration, to the millisecond. */
export function range(seconds: number): string {
  return `${Math.max(1, Math.ceil(seconds * 1000 - 1e-6))}ms`;
}

/** A number. */
export function scalar(value: number): string {
  return String(value).replace('Infinity', 'Inf');
}
