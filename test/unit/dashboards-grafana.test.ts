import type * as grafana from '@grafana/schema';
import { describe, expect, test } from 'vitest';
import { GRAFANA_SOURCES, grafanaDashboard } from '../../src/dashboards/grafana.js';
import type { Dashboard, FieldConfig, Panel, Variable } from '../../src/dashboards/grafana-model.js';
import { placeholder } from '../../src/dashboards/placeholder.js';
import { interpolate, targetsOf } from '../support/grafana.js';

/** A type as JSON has it, where an enumeration is one of its texts. */
type AsJson<T> = T extends string ? `${T}` : T extends object ? { [Name in keyof T]: AsJson<T[Name]> } : T;

/** true, or what they do not know. */
type Known<Ours, Theirs> =
  Exclude<keyof Ours, keyof Theirs> extends never ? true : Exclude<keyof Ours, keyof Theirs>;

const ALL_OF_IT = GRAFANA_SOURCES.map((source) => grafanaDashboard(source));

test('is of the type that Grafana publishes', () => {
  // The compiler's work: a field that Grafana has otherwise, or does not know, does not compile.
  const typed: readonly AsJson<grafana.Dashboard>[] = ALL_OF_IT;
  const known: [
    Known<Dashboard, grafana.Dashboard>,
    Known<Panel, grafana.Panel>,
    Known<FieldConfig, grafana.FieldConfig>,
    Known<Variable, grafana.VariableModel>,
  ] = [true, true, true, true];
  expect([typed.length, known.length]).toEqual([3, 4]);
});

describe.each(GRAFANA_SOURCES)('the dashboard on %s', (source) => {
  const dashboard = grafanaDashboard(source);
  const { list: variables } = dashboard.templating;

  test('has panels that do not overlap, each with an id, a description and a unit where there are numbers', () => {
    const taken = new Set<string>();
    for (const {
      gridPos: { x, y, w, h },
      title,
    } of dashboard.panels) {
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let row = y; row < y + h; row += 1) {
        for (let column = x; column < x + w; column += 1) {
          expect(taken.has(`${column} ${row}`), title).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { type, title, description, fieldConfig } of dashboard.panels) {
      if (type !== 'text') expect(description, title).toMatch(/\.$/);
      if (type === 'timeseries') expect(fieldConfig?.defaults.unit, title).toEqual(expect.any(String));
    }
  });

  test('asks the data source that is chosen, and each variable only for what is chosen before it', () => {
    for (const { target } of targetsOf(dashboard)) {
      expect(target['datasource']).toMatchObject({ uid: placeholder('datasource') });
    }
    for (const [i, variable] of variables.entries()) {
      const later = variables.slice(i).map(({ name }) => name);
      const used = [...JSON.stringify(variable.query).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
      expect(
        later.filter((name) => used.includes(name)),
        variable.name,
      ).toEqual([]);
    }
  });

  test('opens with the flag asked for', () => {
    const saved = grafanaDashboard(source, 'new-checkout').templating.list.find(
      ({ name }) => name === 'flag',
    );
    expect(saved?.current).toEqual({ text: 'new-checkout', value: 'new-checkout' });
  });

  test('links to the traces in which the flag had the variant', () => {
    const graph = dashboard.panels.find(({ type }) => type === 'timeseries');
    const chosen = new Map([
      ['flag', 'new checkout&1'],
      ['tempo', 'tempo-uid'],
    ]);
    const url = interpolate(graph?.fieldConfig?.defaults.links?.[0]?.url ?? '', {
      variables,
      chosen,
      builtIn: { __from: '1', __to: '2', __field: 'on' },
      format: (value) => value,
    });
    const panes = JSON.parse(new URL(url, 'http://grafana').searchParams.get('panes') ?? '');
    expect(panes.traces).toMatchObject({ datasource: 'tempo-uid', range: { from: '1', to: '2' } });
    expect(panes.traces.queries[0].query).toBe('{ span."feature_flags.new checkout&1" = "on" }');
  });
});

test('on Prometheus a percentile reads the buckets three times at most, and a graph once', () => {
  const percentiles = targetsOf(grafanaDashboard('prometheus')).flatMap(({ panel, target }) =>
    String(target['expr'])
      .split('histogram_quantile')
      .slice(1)
      .map((text) => ({ type: panel.type, reads: text.split('_bucket|bucket)').length - 1 })),
  );
  expect(percentiles.length).toBeGreaterThan(10);
  for (const { type, reads } of percentiles) expect(reads).toBe(type === 'timeseries' ? 1 : 3);
});
