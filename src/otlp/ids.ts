const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const NO_TRACE = '0'.repeat(TRACE_ID_BYTES * 2);
const NO_SPAN = '0'.repeat(SPAN_ID_BYTES * 2);
const HEX = /^[0-9a-f]*$/;

/** All zeroes mean "none" on the wire, as does an absent id. */
export function traceIdOrNone(hex: string): string {
  return hex === NO_TRACE ? '' : hex;
}

export function spanIdOrNone(hex: string): string {
  return hex === NO_SPAN ? '' : hex;
}

/** Why this is no trace id, in words that follow "because"; undefined where it is one or absent. */
export function traceIdProblem(id: string, whose = 'its'): string | undefined {
  return idProblem(id, TRACE_ID_BYTES, `${whose} trace id`);
}

export function spanIdProblem(id: string, whose = 'its'): string | undefined {
  return idProblem(id, SPAN_ID_BYTES, `${whose} span id`);
}

function idProblem(id: string, bytes: number, name: string): string | undefined {
  if (id === '') return undefined;
  if (!HEX.test(id)) return `${name} is not hex (OTLP/JSON writes ids in hex, not in base64)`;
  if (id.length !== bytes * 2) return `${name} has ${id.length / 2} bytes where ${bytes} are expected`;
  return undefined;
}
