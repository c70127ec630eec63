import { beforeAll, describe, expect, test } from 'vitest';
import { datadogExamples } from '../../src/dashboards/datadog-files.js';
import { changeDocument } from '../../src/server/change-log.js';
import { datadogEvent } from '../../src/server/notify/datadog-event.js';
import { flagChange } from '../support/changes.js';
import { type DatadogClient, datadogClient, unknownParts } from '../support/datadog-client.js';

const MODELS = [
  { files: /^(.*\/)?dashboard\.json$/, count: 2, version: 'v1', model: 'Dashboard' },
  { files: /\/monitors\/.*\.json$/, count: 3, version: 'v1', model: 'Monitor' },
  { files: /\/spans-metrics\/.*\.json$/, count: 2, version: 'v2', model: 'SpansMetricCreateRequest' },
  { files: /^metric-tags\.json$/, count: 1, version: 'v2', model: 'MetricTagConfigurationCreateRequest' },
] as const;

/** Nothing of Datadog itself can be reached from here: its own client is the nearest that there is. */
describe("the models of Datadog's own client", () => {
  let client: DatadogClient;
  // The client is installed where nobody did that before.
  beforeAll(async () => {
    client = await datadogClient();
  }, 300_000);

  test.each(MODELS)('know every name and value of what is a $model', ({ files, count, version, model }) => {
    const documents = Object.entries(datadogExamples()).filter(([path]) => files.test(path));
    expect(documents).toHaveLength(count);
    for (const [path, text] of documents) {
      expect(unknownParts(client[version].deserialize(JSON.parse(text), model)), path).toEqual([]);
    }
  });

  test('know every name and value of the change events of telltale up --notify', () => {
    const change = {
      ...changeDocument(flagChange({ version: '7', author: 'ada', environment: 'production' })),
    };
    const shares = { shares: { on: 0.1, off: 0.9 }, sharesBefore: { off: 1 } };
    const deployed = { kind: 'deployment', flag: null, service: 'shop', author: null } as const;
    const unknown = (event: unknown) =>
      unknownParts(client.v2.deserialize(JSON.parse(JSON.stringify(event)), 'EventCreateRequestPayload'));
    for (const of of [change, { ...change, ...shares }, { ...change, ...deployed }]) {
      const event = datadogEvent({ kind: 'change', id: 'n', change: of, services: ['shop'] });
      expect(unknown(event), JSON.stringify(event)).toEqual([]);
    }
    const text = JSON.stringify(datadogEvent({ kind: 'change', id: 'n', change, services: [] }));
    expect(unknown(JSON.parse(text.replace('"feature_flag"', '"flag"'))).join()).toContain('unparsed');
    expect(() => unknown(JSON.parse(text.replace('"aggregation_key"', '"key"')))).toThrow("'key'");
  });

  test('find a value, a name and a widget that Datadog does not have', () => {
    const monitor = { type: 'query alert', query: 'q', options: {} };
    const found = (document: unknown, model = 'Monitor') =>
      unknownParts(client.v1.deserialize(document, model)).join('\n');
    expect(found(monitor)).toBe('');
    expect(found({ ...monitor, type: 'no such type' })).toContain('.type: unparsed');
    expect(found({ ...monitor, options: { no_such_option: 1 } })).toBe('.options: unknown no_such_option');
    const widgets = [{ definition: { type: 'no such widget' } }];
    expect(found({ title: 't', layout_type: 'ordered', widgets }, 'Dashboard')).toContain(
      '.widgets.0.definition: unparsed',
    );
  });
});
