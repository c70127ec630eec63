/** Codes of Node for a server that is not there, and what the client calls its own time limit. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Why a store did not answer, in a word, where a query failed because of that; undefined where it did answer. */
export function unreachable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (UNREACHABLE.has(code)) return code;
  if (/^(timeout error|socket hang up)/i.test(error.message)) return error.message.replace(/\.$/, '');
  return unreachable(error.cause);
}
