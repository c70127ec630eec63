import { placeholder } from './placeholder.js';

/**
 * Grafana has no parameters of queries: it writes values into their text. Percent-encoded they have no character that
 * ends a literal of SQL, and ClickHouse decodes them.
 */
function decoded(variable: string): string {
  return `decodeURLComponent('${placeholder(variable, 'percentencode')}')`;
}

/** What Grafana writes for All, as it is. A value that is this is encoded, so that the two differ. */
export const ALL = '*';

/** The value chosen; empty: all of them. */
function decodedOrAll(variable: string): string {
  return `if('${placeholder(variable, 'percentencode')}' = '${ALL}', '', ${decoded(variable)})`;
}

/** Of the plugin's `$__fromTime` and `$__toTime`, which are whole seconds. */
const nanos = (seconds: string): string => `toInt64(toUnixTimestamp(${seconds})) * 1000000000`;

const VALUES: Readonly<Record<string, string>> = {
  flag: decoded('flag'),
  control: decoded('control'),
  service: decodedOrAll('service'),
  environment: decodedOrAll('environment'),
  route: decodedOrAll('route'),
  slow: `toFloat64OrZero(${decoded('slow')})`,
  from: nanos('$__fromTime'),
  lookback: nanos('$__fromTime - 3600'),
  to: nanos('$__toTime'),
};

/** SQL of ours with what the dashboard knows in place of its parameters. */
export function bound(sql: string): string {
  return sql.replace(/\{(\w+):\w+\}/g, (parameter, name: string) => {
    const value = VALUES[name];
    if (value === undefined) throw new Error(`A dashboard has no value for the parameter ${parameter}.`);
    return value;
  });
}
