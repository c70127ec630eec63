import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GRAFANA_SOURCES, grafanaDashboard } from '../../src/dashboards/grafana.js';
import { prometheusAlerts } from '../../src/dashboards/prometheus-alerts.js';

const FOLDER = join(import.meta.dirname, '../../dashboards');

describe.each(GRAFANA_SOURCES)('dashboards/grafana-%s.json', (source) => {
  test('is what `telltale dashboards grafana` prints', async () => {
    const file = await readFile(join(FOLDER, `grafana-${source}.json`), 'utf8');
    const message = 'run `npm run build && npm run docs`';
    expect(file, message).toBe(`${JSON.stringify(grafanaDashboard(source), null, 2)}\n`);
  });
});

test('dashboards/prometheus-alerts.yaml is what the queries make', async () => {
  const file = await readFile(join(FOLDER, 'prometheus-alerts.yaml'), 'utf8');
  expect(file, 'run `npm run build && npm run docs`').toBe(prometheusAlerts());
});
