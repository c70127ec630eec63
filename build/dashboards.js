// Writes the dashboards that `telltale dashboards` prints to the folder dashboards. `npm run docs`, after a build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GRAFANA_SOURCES, grafanaDashboard } from '../dist/dashboards/grafana.js';

const FOLDER = join(import.meta.dirname, '../dashboards');

mkdirSync(FOLDER, { recursive: true });
for (const source of GRAFANA_SOURCES) {
  const text = JSON.stringify(grafanaDashboard(source), null, 2);
  writeFileSync(join(FOLDER, `grafana-${source}.json`), `${text}\n`);
}
