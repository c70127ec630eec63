/**
 * How a value becomes text, in both encodings: the rules of Go's `pcommon.Value.AsString`, by which the
 * collector's clickhouseexporter fills its Map(String, String) columns. A text stays as it is, an empty
 * value is '', bytes are base64, arrays and maps are JSON with sorted keys and without HTML escapes.
 *
 * One difference on purpose: where Go meets NaN or an infinity inside an array or map, it loses the whole
 * value; here it is written as the text "NaN", as OTLP/JSON does.
 */
import { OtlpDecodeError } from './decode-error.js';
import { MAX_VALUE_DEPTH } from './limits.js';

export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

export function doubleJson(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
}

/** JSON.stringify, and the two line separators that Go escapes besides. */
export function stringJson(value: string): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** From values that are JSON already. Of equal keys the last wins. */
export function mapJson(entries: ReadonlyMap<string, string>): string {
  const keys = [...entries.keys()].sort(byUtf8);
  return `{${keys.map((key) => `${stringJson(key)}:${entries.get(key)}`).join(',')}}`;
}

export function arrayJson(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

export function checkValueDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) {
    throw new OtlpDecodeError(
      'too-deep',
      `Expected at most ${MAX_VALUE_DEPTH} arrays and maps inside one another in a value, got more. Flatten the value.`,
    );
  }
}

/** Go compares bytes; JavaScript compares UTF-16 units, which puts emoji before some other characters. */
function byUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
