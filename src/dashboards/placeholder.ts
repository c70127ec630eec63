/**
 * What Grafana puts a variable's value for.
 *
 * @param name of a variable, or of what was clicked in a data link
 * @param format how the value is written, such as `percentencode`; left out: as the data source's plugin does
 */
export function placeholder(name: string, format?: string): string {
  return `\${${name}${format === undefined ? '' : `:${format}`}}`;
}
