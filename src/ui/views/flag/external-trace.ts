/** The address of a trace in another tool, by the template of `telltale up --trace-url`. */
export function externalTrace(template: string, traceId: string): string {
  return template.replace('{traceId}', () => encodeURIComponent(traceId));
}
