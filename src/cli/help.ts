import { COMPARISON_PARAMETERS, GATE_PARAMETERS } from '../server/parameters.js';
import { COST_OPTIONS } from './cost-options.js';
import { SIMULATION_OPTIONS, VERDICT_OPTIONS } from './simulate-options.js';

const optionsOf = (names: readonly string[]): [string, string][] =>
  names.flatMap((name) => {
    const { value, help } = COMPARISON_PARAMETERS[name] ?? {};
    return value === undefined || help === undefined ? [] : [[`--${name} ${value}`, help]];
  });
const comparisonOptions = optionsOf(Object.keys(COMPARISON_PARAMETERS));
const simulationOptions = Object.entries(SIMULATION_OPTIONS).map(
  ([name, { value, help }]): [string, string] => [`--${name} ${value}`, help],
);
const verdictOptions = optionsOf(VERDICT_OPTIONS);
const costOptions = Object.entries(COST_OPTIONS).map(([name, { help }]): [string, string] => [
  `--${name} N`,
  help,
]);
const datadogOptions: [string, string][] = [
  ['--flag KEY', 'the flag; without, it is chosen on the dashboard, and there are no monitors'],
  ['--control VARIANT', 'the variant to compare with (off)'],
  ['--treatment VARIANT', 'the variant that monitors and trace queries are about (all but the control)'],
  ['--service NAME', 'only this service.name'],
  ['--env NAME', 'only this deployment.environment.name'],
  ['--slow 250ms', 'what is slow; snapped down to 2^(k/4) s (250ms)'],
  ['--out DIR', 'write all files to this folder (print the dashboard as JSON to import)'],
];
const checkOptions = optionsOf(GATE_PARAMETERS);

const URL_OPTION: [string, string] = ['--url URL', 'the backend to ask (http://127.0.0.1:4300)'];
const TOKEN_OPTION: [string, string] = [
  '--token-file FILE',
  'the read token of the backend; else TELLTALE_READ_TOKEN or TELLTALE_TOKEN',
];
const SOURCE_OPTION: [string, string] = [
  '--source SOURCE',
  'ask a store itself, without a backend: prometheus+http://host:9090 or datadog',
];
const JSON_OPTION: [string, string] = ['--json', 'print the document of the API'];

const EVIDENCE_OPTION: [string, string] = [
  '--evidence FILE',
  'also write what the verdict rests on, for `telltale verdict FILE`; of one treatment',
];

function options(list: readonly [string, string][]): string {
  const width = Math.max(...list.map(([option]) => option.length));
  return list.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`).join('\n');
}

const STORE_PLACE: [string, string][] = [
  ['--data DIR', "folder of the embedded ClickHouse (telltale, in the user's data folder)"],
  ['--clickhouse URL', 'a ClickHouse server instead, such as https://host:8443/database'],
  ['--cluster NAME', "its cluster's name: tables are made on all nodes, replicated and distributed"],
];

const CLICKHOUSE_VARIABLES = `TELLTALE_CLICKHOUSE_USER, _PASSWORD, _DATABASE, _CA_FILE, _CERT_FILE and _KEY_FILE say how to reach --clickhouse.`;

const CONFIG = `The comparison's options may stand in telltale.config.json, by flag:
  { "flags": { "new-checkout": { "slow": "300ms", "alpha": 0.01 } } }
An option of the command line wins.`;

export const HELP: Readonly<Record<string, string>> = {
  '': `telltale: what every feature-flag variation does to latency and errors

  telltale up               receive OTLP, keep it, answer
  telltale flags            flags with variants and traffic
  telltale compare FLAG     each variant against the control, with the verdict
  telltale check FLAG       the verdict as an exit code, for a pipeline
  telltale verdict FILE     the verdict on evidence that compare wrote, without a backend
  telltale db status        what is in the store, and how much disk it takes
  telltale simulate         requests that a verdict takes, to plan a release with
  telltale dashboards       dashboards for Grafana and Datadog

telltale COMMAND --help says what a command takes.`,

  up: `telltale up: receive OTLP, keep it in ClickHouse, answer the other commands

${options([
  ['--otlp-port 4318', 'OTLP/HTTP: /v1/traces, /v1/metrics, /v1/logs; 0 takes a free port'],
  ['--otlp-grpc-port 4317', 'OTLP/gRPC, with the package @grpc/grpc-js; 0 takes a free port'],
  ['--port 4300', 'the page and the API; 0 takes a free port'],
  ['--host 127.0.0.1', 'the address to listen on; one that other machines reach takes tokens, or --insecure'],
  ['--token-file FILE', 'the token of whoever sends or reads; else TELLTALE_TOKEN. Also for each alone:'],
  ['--write-token-file FILE', 'of whoever sends telemetry or changes; else TELLTALE_WRITE_TOKEN'],
  ['--read-token-file FILE', 'of whoever reads; else TELLTALE_READ_TOKEN'],
  ['--insecure', 'let anybody in who reaches --host, as far as there is no token'],
  [
    '--allowed-host NAME',
    'a name under which this machine is asked, as a proxy or tunnel does; several: commas',
  ],
  [
    '--self-telemetry URL',
    'send the metrics of /metrics to an OTLP/HTTP receiver, such as http://collector:4318',
  ],
  [
    '--notify TARGET',
    'tell changes to datadog or grafana+https://host, verdicts that turn to https://webhook; several: commas',
  ],
  ['--public-url URL', 'where others reach the page, for links in what is told'],
  [
    '--trace-url TEMPLATE',
    'a trace in your own tool, for links on the page, such as http://localhost:16686/trace/{traceId}',
  ],
  ['--cors-origin ORIGIN', 'a page that may send OTLP, such as https://shop.example; several: commas'],
  ...STORE_PLACE,
  [
    '--retention 14d',
    'how long rows are kept, also those there; 0 or forever keeps them (as before; new stores: 14d)',
  ],
  ['--max-disk 10GB', 'drop the oldest days when the data takes more (no cap)'],
  ['--source SOURCE', 'only answer, from a store that others fill: prometheus+http://host:9090 or datadog'],
])}

${CLICKHOUSE_VARIABLES}
TELLTALE_LAUNCHDARKLY_WEBHOOK_SECRET lets LaunchDarkly tell changes of its flags at /webhooks/launchdarkly of the API.
TELLTALE_NOTIFY holds more targets, TELLTALE_NOTIFY_SECRET signs webhooks; Datadog takes DD_API_KEY and DD_SITE, Grafana TELLTALE_GRAFANA_TOKEN.

Prints one line with its addresses when it is ready. OTLP/gRPC is left off, and a line says so, where nobody asked for its
port and the package is missing or the port is in use. SIGTERM and SIGINT drain and close.`,

  db: `telltale db status: what is in the store: schema version, tables with rows, bytes, times and retention

  Asks a running backend. --data or --clickhouse looks into a store itself; a folder that a backend has open is locked.

${options([URL_OPTION, TOKEN_OPTION, ...STORE_PLACE, JSON_OPTION])}

${CLICKHOUSE_VARIABLES}`,

  flags: `telltale flags: flags with their variants and traffic

${options([
  URL_OPTION,
  TOKEN_OPTION,
  SOURCE_OPTION,
  ['--since 7d', 'how far back to look (7d)'],
  ['--service NAME', 'only this service.name'],
  ['--env NAME', 'only this deployment.environment.name'],
  JSON_OPTION,
])}`,

  compare: `telltale compare FLAG: each variant against the control, with the verdict

${options([URL_OPTION, TOKEN_OPTION, SOURCE_OPTION, ...comparisonOptions, EVIDENCE_OPTION, JSON_OPTION])}

${CONFIG}`,

  check: `telltale check FLAG: the verdict as an exit code, for a pipeline

  0 roll-forward   10 roll-back   20 hold (also: no data yet)
  64 wrong usage   69 no backend  70 internal; never 1 or 2, with which a crash ends
  With several variants: 10 if any is to be rolled back, 0 only if all are safe.

${options([URL_OPTION, TOKEN_OPTION, SOURCE_OPTION, ...checkOptions, JSON_OPTION])}

${CONFIG}`,

  verdict: `telltale verdict FILE: the verdict on evidence, without a backend or a network

  FILE is what \`telltale compare FLAG --evidence FILE\` wrote, or JSON of your own after
  telltale/evidence.schema.json; - reads standard input. The same file gives the same verdict anywhere.

${options([
  ['--json', 'print the verdict as JSON; e-values are natural logarithms'],
  ['--exit-code', 'end as check does: 0 roll-forward, 10 roll-back, 20 hold'],
])}

  Without --exit-code every verdict ends with 0, as compare does. 64: FILE is no evidence; the message says why.`,

  simulate: `telltale simulate: requests that a verdict takes, to plan a release with

${options([...simulationOptions, ...verdictOptions, ['--json', 'print the figures as JSON']])}

  Simulates releases with these rates, and looks at each with the verdict that compare gives on errors alone, until it
  is roll-back or roll-forward. Nothing is asked of a backend.`,

  dashboards: `telltale dashboards grafana: a dashboard for Grafana, as JSON to import

${options([
  [
    '--source SOURCE',
    'where the metrics are: prometheus (classic histograms), prometheus-native or clickhouse',
  ],
  ['--flag KEY', 'the flag that it opens with; any other can be chosen in it'],
])}

  telltale dashboards grafana --source prometheus-native > telltale.json

telltale dashboards datadog: the same for Datadog, with monitors, span-based metrics, trace queries and Terraform

${options(datadogOptions)}

  telltale dashboards datadog --flag new-checkout --out datadog/new-checkout

telltale dashboards datadog --estimate: how many custom metrics that makes in Datadog, at most

${options(costOptions)}

  Nothing is asked of a backend, Grafana or Datadog. The same files are in the package's folder dashboards.`,
};
