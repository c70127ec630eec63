// Writes the dashboards that `telltale dashboards` prints to the folder dashboards. `npm run docs`, after a build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { datadogExamples } from '../dist/dashboards/datadog-files.js';
import { GRAFANA_SOURCES, grafanaDashboard } from '../dist/dashboards/grafana.js';
import { prometheusAlerts } from '../dist/dashboards/prometheus-alerts.js';

const FOLDER = join(import.meta.dirname, '../dashboards');

mkdirSync(FOLDER, { recursive: true });
for (const source of GRAFANA_SOURCES) {
  const text = JSON.stringify(grafanaDashboard(source), null, 2);
  writeFileSync(join(FOLDER, `grafana-${source}.json`), `${text}\n`);
}
writeFileSync(join(FOLDER, 'prometheus-alerts.yaml'), prometheusAlerts());
for (const [path, text] of Object.entries(datadogExamples())) {
  const file = join(FOLDER, 'datadog', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
