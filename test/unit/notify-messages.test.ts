import { expect, test } from 'vitest';
import { datadogDashboard } from '../../src/dashboards/datadog-dashboard.js';
import { changeDocument } from '../../src/server/change-log.js';
import { datadogEvent } from '../../src/server/notify/datadog-event.js';
import { grafanaAnnotation } from '../../src/server/notify/grafana-annotation.js';
import type { ChangeNotice } from '../../src/server/notify/notice.js';
import type { Change } from '../../src/sources/change.js';
import { flagChange } from '../support/changes.js';

const notice = (told: Partial<Change>): ChangeNotice => ({
  ...{ kind: 'change', id: 'n', services: [] },
  change: changeDocument(flagChange({ flag: 'new-checkout', ...told })),
});

test("an event of Datadog has the tag by which the dashboard's graphs look for it", () => {
  const { template_variables: variables } = datadogDashboard({
    slowSeconds: 1,
    control: 'off',
    flag: 'new-checkout',
  });
  const { prefix, defaults } = variables.find(({ name }) => name === 'flag') ?? {};
  expect(datadogEvent(notice({}))).toMatchObject({
    data: { attributes: { tags: expect.arrayContaining([`${prefix}:${defaults?.[0]}`]) } },
  });
});

test("an annotation's tags stay within what Grafana takes, 500 bytes and 100 characters of a value, the most wanted first", () => {
  const shares = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${'ä'.repeat(20)}${n}`, 0.05]));
  const { tags } = grafanaAnnotation(notice({ environment: 'production', shares })) as { tags: string[] };
  expect(tags.slice(0, 4)).toEqual(['telltale', 'flag', 'flag:new-checkout', 'environment:production']);
  expect(tags[4]).toMatch(/^variant:ä+0$/);
  // As Grafana counts them.
  expect(Buffer.byteLength(JSON.stringify(tags))).toBeLessThanOrEqual(500);
  const long = grafanaAnnotation(notice({ flag: 'x'.repeat(256) })) as { tags: string[] };
  expect(long.tags).toEqual(['telltale', 'flag', `flag:${'x'.repeat(99)}…`]);
});
