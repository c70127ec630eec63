import { COMPARISON_PARAMETERS } from '../server/parameters.js';

const comparisonOptions = Object.entries(COMPARISON_PARAMETERS).map(
  ([name, { value, help }]): [string, string] => [`--${name} ${value}`, help],
);
const checkOptions = comparisonOptions.filter(([option]) => !option.startsWith('--route'));

const URL_OPTION: [string, string] = ['--url URL', 'the backend to ask (http://127.0.0.1:4300)'];
const JSON_OPTION: [string, string] = ['--json', 'print the document of the API'];

function options(list: readonly [string, string][]): string {
  const width = Math.max(...list.map(([option]) => option.length));
  return list.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`).join('\n');
}

const CONFIG = `The comparison's options may stand in telltale.config.json, by flag:
  { "flags": { "new-checkout": { "slow": "300ms", "alpha": 0.01 } } }
An option of the command line wins.`;

export const HELP: Readonly<Record<string, string>> = {
  '': `telltale: what every feature-flag variation does to latency and errors

  telltale up               receive OTLP, keep it, answer
  telltale flags            flags with variants and traffic
  telltale compare FLAG     each variant against the control, with the verdict
  telltale check FLAG       the verdict as an exit code, for a pipeline

telltale COMMAND --help says what a command takes.`,

  up: `telltale up: receive OTLP, keep it in ClickHouse, answer the other commands

${options([
  ['--otlp-port 4318', 'OTLP/HTTP: /v1/traces, /v1/metrics, /v1/logs; 0 takes a free port'],
  ['--port 4300', 'the API; 0 takes a free port'],
  ['--host 127.0.0.1', 'the address to listen on; nothing asks for a password yet, so keep it local'],
  ['--data DIR', "folder of the embedded ClickHouse (telltale, in the user's data folder)"],
  ['--clickhouse URL', 'a ClickHouse server instead, such as http://user:password@host:8123/database'],
])}

Prints one line with both addresses when it is ready. SIGTERM and SIGINT drain and close.`,

  flags: `telltale flags: flags with their variants and traffic

${options([
  URL_OPTION,
  ['--since 7d', 'how far back to look (7d)'],
  ['--service NAME', 'only this service.name'],
  ['--env NAME', 'only this deployment.environment.name'],
  JSON_OPTION,
])}`,

  compare: `telltale compare FLAG: each variant against the control, with the verdict

${options([URL_OPTION, ...comparisonOptions, JSON_OPTION])}

${CONFIG}`,

  check: `telltale check FLAG: the verdict as an exit code, for a pipeline

  0 roll-forward   10 roll-back   20 hold (also: no data yet)
  64 wrong usage   69 no backend  70 internal; never 1 or 2, with which a crash ends
  With several variants: 10 if any is to be rolled back, 0 only if all are safe.

${options([URL_OPTION, ...checkOptions, JSON_OPTION])}

${CONFIG}`,
};
